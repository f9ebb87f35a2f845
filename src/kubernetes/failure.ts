import { ClusterError } from "./cluster.ts";

/** Kubernetes' answer when a request fails; all fields may be absent, as proxies answer with anything. */
interface Status {
  kind?: unknown;
  message?: unknown;
  reason?: unknown;
  code?: unknown;
  details?: { retryAfterSeconds?: unknown };
}

/** Longest part of a server's message that is passed on, in characters. */
const MESSAGE_LENGTH = 2_000;

/** What is to be done, by HTTP status; where it depends on the reason, the server's own message says it. */
const REMEDIES: Record<number, string> = {
  401: "the credentials are missing, wrong or expired: check the kubeconfig's user or the ServiceAccount",
  403: "grant the operator's ServiceAccount that verb; manifests/operator.yaml has all that it needs",
  410: "list again",
  413: "make the object smaller",
  429: "the server asks for fewer requests; tried again later",
  504: "the server did not finish in time; tried again later",
};

/** Tells Kubernetes' own answers from those of proxies and of paths that no API serves. */
export function isStatus(body: unknown): body is Status {
  return typeof body === "object" && body !== null && (body as Status).kind === "Status";
}

/**
 * Makes the error for a refused request.
 *
 * @param what The verb and the object, such as `apply Service pipeline/kafka`.
 */
export function refusal(
  what: string,
  status: number,
  body: unknown,
  retryAfterHeader?: string,
): ClusterError {
  const answer = isStatus(body) ? body : undefined;
  const said = typeof answer?.message === "string" && answer.message !== ""
    ? answer.message.slice(0, MESSAGE_LENGTH)
    : `HTTP status ${status}`;
  // An unknown or ill-typed field in an apply is answered as if the server had failed: trying again does not help.
  const illTyped = said.startsWith("failed to create typed patch object");
  const code = illTyped ? 422 : typeof answer?.code === "number" ? answer.code : status;
  const reason = typeof answer?.reason === "string" && answer.reason !== ""
    ? answer.reason
    : illTyped
    ? "Invalid"
    : `HTTP${code}`;
  const remedy = remedyFor(code, reason, said);
  const seconds = Number(answer?.details?.retryAfterSeconds ?? retryAfterHeader);
  return new ClusterError(`cannot ${what}: ${said}${remedy === undefined ? "" : ` (${remedy})`}`, {
    status: code,
    reason,
    ...(seconds > 0 ? { retryAfter: seconds * 1000 } : {}),
  });
}

function remedyFor(code: number, reason: string, said: string): string | undefined {
  if (code === 404 && said.startsWith("namespaces ")) return "make the namespace first";
  if (code === 409) {
    if (reason === "AlreadyExists") return undefined;
    return said.startsWith("Apply failed")
      ? "another field manager holds these fields: let it give them up, or apply with force"
      : "it was changed meanwhile: read it again";
  }
  return REMEDIES[code];
}

/** The error for a request that got no answer. */
export function unreachable(what: string, server: string, cause: unknown): ClusterError {
  return new ClusterError(`cannot ${what}: no answer from ${server}; is the API server up and reachable?`, {
    status: 0,
    reason: "Unreachable",
    cause,
  });
}

/** The error for a request that took too long. */
export function timedOut(what: string, server: string, ms: number): ClusterError {
  return new ClusterError(`cannot ${what}: ${server} did not answer in ${ms / 1000} s`, {
    status: 0,
    reason: "Timeout",
  });
}

/** The error for a kind that the server does not serve. */
export function noKind(what: string, apiVersion: string, kind: string): ClusterError {
  return new ClusterError(
    `cannot ${what}: the server has no kind ${kind} in ${apiVersion}; install its CRD, or check the version`,
    { status: 404, reason: "NoKind" },
  );
}
