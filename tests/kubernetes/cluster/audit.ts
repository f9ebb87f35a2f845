/** A request that the API server answered. */
export interface AuditEvent {
  /** When it came. */
  time: Date;
  verb: string;
  /** As the API server knows the client: `system:serviceaccount:NAMESPACE:NAME` for a pod. */
  user: string;
  userAgent: string;
  /** Plural, in lower case: `statefulsets`. */
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  /** HTTP status of the answer. */
  code: number;
}

/** Which events to read; each part that is there must hold. */
export interface AuditFilter {
  user?: string;
  userAgent?: RegExp;
  verbs?: readonly string[];
  resource?: string;
  /** Requests that came at this time or later. */
  since?: Date;
}

/** The verbs that change something. */
export const WRITES: readonly string[] = ["create", "update", "patch", "delete", "deletecollection"];

interface Line {
  stage: string;
  verb: string;
  user: { username: string };
  userAgent?: string;
  objectRef?: { resource?: string; subresource?: string; namespace?: string; name?: string };
  responseStatus?: { code?: number };
  requestReceivedTimestamp: string;
}

/**
 * Reads the API server's audit log, which has an event for each request when it is answered. What the control plane
 * does by itself is left out: see conf/audit.yaml.
 */
export async function readAudit(path: string, filter: AuditFilter = {}): Promise<AuditEvent[]> {
  const text = await Deno.readTextFile(path);
  // The last line may be half written.
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n").filter((line) => line !== "");
  // A watch is written when it begins and when it ends.
  const all = lines.map((line): Line => JSON.parse(line)).filter(({ stage }) => stage !== "ResponseStarted");
  return all.map(toEvent).filter((event) => matches(event, filter));
}

function toEvent(line: Line): AuditEvent {
  const { resource = "", subresource = "", namespace = "", name = "" } = line.objectRef ?? {};
  return {
    time: new Date(line.requestReceivedTimestamp),
    verb: line.verb,
    user: line.user.username,
    userAgent: line.userAgent ?? "",
    resource,
    subresource,
    namespace,
    name,
    code: line.responseStatus?.code ?? 0,
  };
}

function matches(event: AuditEvent, { user, userAgent, verbs, resource, since }: AuditFilter): boolean {
  return (user === undefined || event.user === user) &&
    (userAgent === undefined || userAgent.test(event.userAgent)) &&
    (verbs === undefined || verbs.includes(event.verb)) &&
    (resource === undefined || event.resource === resource) &&
    (since === undefined || event.time >= since);
}
