import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import type { Claim, Observed } from "../reconcile/observed.ts";
import { type ContainerStatus, kubectlFor, type Look, type PodStatus } from "./pod_types.ts";

/** A kubelet ends a pod by force when its grace period is over: what is there this long after has none, milliseconds. */
const LOST_MS = 120_000;
/** Images of a gigabyte come in less over a slow line, milliseconds. */
const STARTING_MS = 300_000;
/** Longer than a server takes for its log or a full collection, milliseconds. */
const UNREADY_MS = 300_000;
/** A Cassandra node that joins may need a day, and may be waiting for what never comes: after this people hear of it, milliseconds. */
const LONGEST_START_MS = 7_200_000;
/** From this number on it is no accident. */
const OUT_OF_MEMORY_TIMES = 3;
/** How long after the last time a container counts as one that runs out of memory, milliseconds. */
const OUT_OF_MEMORY_MS = 1_800_000;

interface Probe {
  initialDelaySeconds?: number;
  periodSeconds?: number;
  failureThreshold?: number;
}

interface Spec {
  nodeName?: string;
  containers?: { startupProbe?: Probe }[];
  volumes?: {
    configMap?: { name?: string; optional?: boolean };
    persistentVolumeClaim?: { claimName: string };
  }[];
}

/** What is wrong with a pod that does not get on, which time alone tells; undefined when nothing is. */
export function slowTrouble(pod: KubernetesObject, { now, observed }: Look): string | undefined {
  const { conditions = [], phase } = (pod.status ?? {}) as PodStatus;
  const { creationTimestamp, deletionTimestamp, name, namespace } = pod.metadata;
  const isOver = (since: string | undefined, ms: number) => now - Date.parse(since ?? "") > ms;
  const timeOf = (type: string, status: string) =>
    conditions.find((each) => each.type === type && each.status === status)?.lastTransitionTime;
  if (deletionTimestamp !== undefined) {
    return isOver(deletionTimestamp, LOST_MS) ? endless(pod) : undefined;
  }
  if (phase === "Pending") {
    const since = timeOf("PodScheduled", "True") ?? creationTimestamp;
    if (!isOver(since, STARTING_MS)) return undefined;
    const what = missingOf(pod, observed) ?? "its node, its image, a volume or the network";
    return `${name} waits since ${since} for ${what}: ${kubectlFor(namespace)} describe pod ${name}`;
  }
  const since = timeOf("Ready", "False");
  if (phase !== "Running" || !isOver(since, UNREADY_MS + startupBudget(pod, since))) return undefined;
  return `${name} runs and is not ready since ${since}: ${
    kubectlFor(namespace)
  } logs ${name}, and whether its node ` +
    `${nodeOf(pod)} is ready`;
}

/** What is wrong with a container that runs, and often ran out of memory; undefined when it did not. */
export function outOfMemory(
  pod: string,
  { lastState, restartCount = 0 }: ContainerStatus,
  now: number,
): string | undefined {
  const { finishedAt, reason } = lastState?.terminated ?? {};
  if (reason !== "OOMKilled" || restartCount < OUT_OF_MEMORY_TIMES) return undefined;
  if (now - Date.parse(finishedAt ?? "") > OUT_OF_MEMORY_MS) return undefined;
  return `${pod} was restarted ${restartCount} times, the last time because it needs more memory than its limit: raise ` +
    "its resources.limits.memory in the Pipeline";
}

const specOf = (pod: KubernetesObject) => (pod.spec ?? {}) as Spec;
const nodeOf = (pod: KubernetesObject) => specOf(pod).nodeName ?? "";

function endless(pod: KubernetesObject): string {
  const { deletionTimestamp, finalizers = [], name } = pod.metadata;
  const late = `${name} was to have ended by ${deletionTimestamp}`;
  if (finalizers.length > 0) return `${late}, and is kept by ${finalizers.join(", ")}`;
  const node = nodeOf(pod);
  return `${late}, and its node ${node} does not say so: bring the node back, or, when it is off for good, ` +
    `kubectl taint nodes ${node} node.kubernetes.io/out-of-service=nodeshutdown:NoExecute, by which Kubernetes deletes the ` +
    "pod and frees its volumes";
}

/** What a pod's volumes are made of and is not there, as far as the operator sees it. */
function missingOf(pod: KubernetesObject, observed: Observed): string | undefined {
  const missing = (specOf(pod).volumes ?? []).flatMap(({ configMap, persistentVolumeClaim }) => {
    const map = configMap?.optional ? undefined : configMap?.name;
    if (map !== undefined && observed.get("ConfigMap", map) === undefined) return [`ConfigMap ${map}`];
    const name = persistentVolumeClaim?.claimName;
    const claim = name === undefined
      ? undefined
      : observed.get("PersistentVolumeClaim", name) as Claim | undefined;
    return name !== undefined && claim?.status?.phase !== "Bound" ? [`volume ${name}`] : [];
  });
  return missing.length === 0 ? undefined : missing.join(" and ");
}

/** How long a pod may take to start, milliseconds; none for one that was ready since its containers started. */
function startupBudget(pod: KubernetesObject, unreadySince: string | undefined): number {
  const { containerStatuses = [] } = (pod.status ?? {}) as PodStatus;
  const started = containerStatuses.map(({ state }) => Date.parse(state?.running?.startedAt ?? ""));
  if (started.length > 0 && started.every((at) => at < Date.parse(unreadySince ?? ""))) return 0;
  const budgets = (specOf(pod).containers ?? []).map(({ startupProbe }) => {
    if (startupProbe === undefined) return 0;
    // Kubernetes' own defaults.
    const { failureThreshold = 3, initialDelaySeconds = 0, periodSeconds = 10 } = startupProbe;
    return 1000 * (initialDelaySeconds + failureThreshold * periodSeconds);
  });
  return Math.min(LONGEST_START_MS, Math.max(0, ...budgets));
}
