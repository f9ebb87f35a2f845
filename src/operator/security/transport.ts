import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import type { Workload } from "../workload.ts";
import { type Observed, progressOf } from "../reconcile/observed.ts";
import { isExternal } from "../external.ts";
import type { Pipeline } from "../pipeline.ts";

/**
 * How far a pipeline is on its way from plain TCP to TLS. `offered`: servers accept both, nobody uses it yet. `preferred`:
 * all use it, and servers still accept plain TCP. Each is one roll away from the next, so that those who run the former
 * and those who run the next always understand one another.
 */
export const TRANSPORTS = ["plain", "offered", "preferred", "required"] as const;
export type Transport = typeof TRANSPORTS[number];

/** On a pod's template; absent where all is plain. On a server it says which of the steps it runs, on a client `tls`. */
export const TRANSPORT = "finnhub-pipe.dev/transport";

/** On a pod's template; its pods are rolled when what they show or trust is renewed, where they read it when they start. */
export const CERTIFICATE = "finnhub-pipe.dev/certificate";

/** Whether those who use the servers speak TLS. */
export const clientsUseTls = (transport: Transport): boolean =>
  transport === "preferred" || transport === "required";

/** Where the spec, or else the profile, wants the pipeline to be. */
export function wantedTransport(pipeline: Pipeline): Transport {
  const { profile, security } = pipeline.spec;
  const own = SERVERS.some((name) => !isExternal(pipeline, name));
  return own && (security.tls ?? profile === "ha") ? "required" : "plain";
}

/** With Kafka's controllers, which there may be none of. */
const SERVERS = ["kafka-controller", "kafka", "cassandra"] as const;
const CLIENTS = ["kafdrop", "producer", "processor", "dashboard", "grafana"] as const;
/** Those whose pods run until they are done. */
const JOBS = ["setup", "batch"] as const;

/** The step that the servers run, the lower one in the middle of two; undefined when there are none. */
export function presentTransport(observed: Observed): Transport | undefined {
  const steps = stepsOf(observed);
  return steps.length === 0 ? undefined : TRANSPORTS[Math.min(...steps)];
}

/**
 * What to run now: one step nearer to what is wanted. Onwards once all run the present one; back as soon as nobody would be left
 * who is not understood, so that a step on which a server fails can be taken back. New pipelines start where they are wanted.
 *
 * @param now milliseconds since the epoch
 */
export function nextTransport(pipeline: Pipeline, observed: Observed, now: number): Transport {
  const wanted = wantedTransport(pipeline);
  const goal = TRANSPORTS.indexOf(wanted);
  const steps = stepsOf(observed);
  if (steps.length === 0) return wanted;
  const [least, most] = [Math.min(...steps), Math.max(...steps)];
  // In the middle of a step: to its end, whatever is wanted.
  if (least !== most) return TRANSPORTS[goal >= most ? most : least]!;
  const step = TRANSPORTS[least]!;
  if (least === goal) return step;
  const next = TRANSPORTS[least + Math.sign(goal - least)]!;
  const serversReady = goal > least
    ? serversOf(observed).every((server) => progressOf(server).settled)
    : podsOf(observed, SERVERS).every((pod) => TRANSPORTS.indexOf(markOf(pod) as Transport) <= least);
  // Those in the middle take both.
  const clientsReady = (next !== "plain" && next !== "required") || haveMoved(observed, step, now);
  return serversReady && clientsReady ? next : step;
}

const serversOf = (observed: Observed) => SERVERS.flatMap((name) => observed.get("StatefulSet", name) ?? []);

const stepsOf = (observed: Observed): number[] =>
  serversOf(observed).map((server) => Math.max(0, TRANSPORTS.indexOf(transportOf(server) as Transport)));

const transportOf = (workload: KubernetesObject): string => markOf((workload as Workload).spec.template);

const markOf = ({ metadata }: { metadata?: { annotations?: Record<string, string> } }): string =>
  metadata?.annotations?.[TRANSPORT] ?? "plain";

function podsOf(observed: Observed, components: readonly string[]): KubernetesObject[] {
  return observed.list("Pod").filter(({ metadata: { labels } }) =>
    components.includes(labels?.["app.kubernetes.io/name"] ?? "")
  );
}

/** Whether no client that runs speaks otherwise than in a step. */
function haveMoved(observed: Observed, step: Transport, now: number): boolean {
  const speech = clientsUseTls(step) ? "tls" : "plain";
  return CLIENTS.flatMap((name) => observed.get("Deployment", name) ?? [])
    .every((client) => transportOf(client) === speech && isReplaced(client)) &&
    podsOf(observed, [...CLIENTS, ...JOBS]).every((pod) => markOf(pod) === speech || !isAtWork(pod, now));
}

/** A client that is not ready has trouble of its own, which a step must not wait for. */
function isReplaced({ metadata: { generation = 0 }, status = {} }: KubernetesObject): boolean {
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0 } = status as Record<string, number>;
  return observedGeneration >= generation && updatedReplicas === replicas;
}

/** One that was told to end may still send what it has, until its time is over: then it is gone, or its node is. */
function isAtWork({ metadata: { deletionTimestamp }, status }: KubernetesObject, now: number): boolean {
  return (status as { phase?: string } | undefined)?.phase === "Running" &&
    (deletionTimestamp === undefined || Date.parse(deletionTimestamp) > now);
}
