/** Names of contexts are as long, and as many, as the file has them. */
const MAX_MESSAGE = 1000;

/** The kubeconfig is missing, broken or asks for what is not supported. The message never quotes from the file. */
export class KubeconfigError extends Error {
  override readonly name = "KubeconfigError";

  constructor(message: string, options?: ErrorOptions) {
    super(message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message, options);
  }
}
