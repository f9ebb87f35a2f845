import type { KubernetesObject } from "../kubernetes/cluster.ts";
import type { Workload } from "./manifests.ts";
import { type Observed, progressOf } from "./observed.ts";
import type { Pipeline } from "./pipeline.ts";

/**
 * How far a pipeline is on its way from plain TCP to TLS. `offered`: servers accept both, nobody uses it yet. `preferred`:
 * all use it, and servers still accept plain TCP. Each is one roll away from the next, so that those who run the former
 * and those who run the next always understand one another.
 */
export const TRANSPORTS = ["plain", "offered", "preferred", "required"] as const;
export type Transport = typeof TRANSPORTS[number];

/** On a pod's template; absent where all is plain. On a server it says which of the steps it runs, on a client `tls`. */
export const TRANSPORT = "finnhub-pipe.dev/transport";

/** On a server's pod template; its pods are rolled when what they show or trust is renewed. */
export const CERTIFICATE = "finnhub-pipe.dev/certificate";

/** Whether those who use the servers speak TLS. */
export const clientsUseTls = (transport: Transport): boolean =>
  transport === "preferred" || transport === "required";

/** Where the spec, or else the profile, wants the pipeline to be. */
export const wantedTransport = ({ spec }: Pipeline): Transport =>
  spec.security.tls ?? spec.profile === "ha" ? "required" : "plain";

const SERVERS = ["kafka", "cassandra"] as const;
const CLIENTS = ["kafdrop", "producer", "processor", "dashboard", "grafana"] as const;

/** The step that the servers run, the lower one in the middle of two; undefined when there are none. */
export function presentTransport(observed: Observed): Transport | undefined {
  const steps = stepsOf(observed);
  return steps.length === 0 ? undefined : TRANSPORTS[Math.min(...steps)];
}

/** What to run now: one step nearer to what is wanted, once all run the present one. New pipelines start where they are wanted. */
export function nextTransport(pipeline: Pipeline, observed: Observed): Transport {
  const wanted = wantedTransport(pipeline);
  const goal = TRANSPORTS.indexOf(wanted);
  const steps = stepsOf(observed);
  if (steps.length === 0) return wanted;
  const [least, most] = [Math.min(...steps), Math.max(...steps)];
  // In the middle of a step: to its end, whatever is wanted.
  if (least !== most) return TRANSPORTS[goal >= most ? most : least]!;
  const step = TRANSPORTS[least]!;
  if (least === goal) return step;
  const clients = CLIENTS.flatMap((name) => observed.get("Deployment", name) ?? []);
  const wait = !serversOf(observed).every((server) => progressOf(server).settled) ||
    !clients.every((client) => hasMoved(client, step));
  return wait ? step : TRANSPORTS[least + Math.sign(goal - least)]!;
}

const serversOf = (observed: Observed) => SERVERS.flatMap((name) => observed.get("StatefulSet", name) ?? []);

const stepsOf = (observed: Observed): number[] =>
  serversOf(observed).map((server) => Math.max(0, TRANSPORTS.indexOf(transportOf(server) as Transport)));

function transportOf(workload: KubernetesObject): string {
  return (workload as Workload).spec.template.metadata?.annotations?.[TRANSPORT] ?? "plain";
}

/** A client that is not ready has trouble of its own, which a step must not wait for. */
function hasMoved(client: KubernetesObject, step: Transport): boolean {
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0 } = (client.status ?? {}) as Record<
    string,
    number
  >;
  return (transportOf(client) === "tls") === clientsUseTls(step) &&
    observedGeneration >= (client.metadata.generation ?? 0) && updatedReplicas === replicas;
}
