/** The kubeconfig is missing, broken or asks for what is not supported. The message never quotes from the file. */
export class KubeconfigError extends Error {
  override readonly name = "KubeconfigError";
}
