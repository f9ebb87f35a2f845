import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import type { ClaimTemplate, Workload } from "../workload.ts";
import type { ServerName } from "../names.ts";

/** Kinds of which the operator keeps what is in the namespace. Those before `Pod` it makes and prunes. */
export const KINDS = {
  ConfigMap: "v1",
  Service: "v1",
  StatefulSet: "apps/v1",
  Deployment: "apps/v1",
  Job: "batch/v1",
  CronJob: "batch/v1",
  PodDisruptionBudget: "policy/v1",
  NetworkPolicy: "networking.k8s.io/v1",
  Ingress: "networking.k8s.io/v1",
  Pod: "v1",
  PersistentVolumeClaim: "v1",
} as const;

/** Kinds that a cluster may have: those of the Prometheus operator. */
export const OPTIONAL_GROUP = "monitoring.coreos.com";
export const OPTIONAL_KINDS = {
  PrometheusRule: `${OPTIONAL_GROUP}/v1`,
  ServiceMonitor: `${OPTIONAL_GROUP}/v1`,
} as const;

export type OptionalKind = keyof typeof OPTIONAL_KINDS;
export type Kind = keyof typeof KINDS | OptionalKind;
/** API versions of all of them. */
export const VERSIONS: Record<Kind, string> = { ...KINDS, ...OPTIONAL_KINDS };
export const MADE_KINDS = (Object.keys(VERSIONS) as Kind[]).filter((kind) =>
  kind !== "Pod" && kind !== "PersistentVolumeClaim"
);

/** What is in the cluster, as last seen. */
export interface Observed {
  get(kind: Kind, name: string): KubernetesObject | undefined;
  list(kind: Kind): KubernetesObject[];
  /** Whether volumes of a storage class can grow. */
  canGrow(storageClass: string | undefined): boolean;
}

/** A volume claim, as far as it is looked at. */
export interface Claim extends KubernetesObject {
  spec: { storageClassName?: string; resources: { requests: { storage: string } } };
  status?: { phase?: string; capacity?: { storage?: string } };
}

/** The claims of a component's volumes, by the number of the pod that they belong to. */
export function claimsOf(observed: Observed, component: ServerName): Map<number, Claim> {
  const found = new Map<number, Claim>();
  const name = new RegExp(`^data-${component}-(\\d+)$`);
  for (const claim of observed.list("PersistentVolumeClaim")) {
    const [, number] = name.exec(claim.metadata.name) ?? [];
    if (number !== undefined) found.set(Number(number), claim as Claim);
  }
  return found;
}

/** Names of the claims of Cassandra's volumes, which only the pipeline's passwords open; those that are going away do not count. */
export function lockedVolumes(observed: Observed): string[] {
  return [...claimsOf(observed, "cassandra").values()]
    .filter(({ metadata: { deletionTimestamp } }) => deletionTimestamp === undefined)
    .map(({ metadata: { name } }) => name);
}

/** A StatefulSet's templates of volume claims. */
export function claimTemplates(observed: Observed, component: ServerName): ClaimTemplate[] | undefined {
  return (observed.get("StatefulSet", component) as Workload | undefined)?.spec.volumeClaimTemplates;
}

/** A condition of a status, as Kubernetes reports it. */
export interface ObservedCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/** What is wrong with the last run of a CronJob; undefined when nothing is, or while one is under way. */
export function lastRunTrouble({ metadata, status }: KubernetesObject): string | undefined {
  const { active, lastScheduleTime, lastSuccessfulTime } = (status ?? {}) as {
    active?: unknown[];
    lastScheduleTime?: string;
    lastSuccessfulTime?: string;
  };
  if (lastScheduleTime === undefined || (active?.length ?? 0) > 0) return undefined;
  if (Date.parse(lastSuccessfulTime ?? "") >= Date.parse(lastScheduleTime)) return undefined;
  const kubectl = metadata.namespace === undefined ? "kubectl" : `kubectl -n ${metadata.namespace}`;
  return `the run of ${lastScheduleTime} failed or left differences: ${kubectl} logs -l app.kubernetes.io/name=batch --tail=-1`;
}

interface WorkloadStatus {
  observedGeneration?: number;
  replicas?: number;
  readyReplicas?: number;
  updatedReplicas?: number;
  availableReplicas?: number;
  currentRevision?: string;
  updateRevision?: string;
  succeeded?: number;
  conditions?: ObservedCondition[];
}

export interface Progress {
  ready: number;
  wanted: number;
  /** Everything runs as the newest spec says, and is ready. */
  settled: boolean;
  /** A Job that gave up. */
  failed?: string;
}

/** How far a workload has come. */
export function progressOf(workload: KubernetesObject): Progress {
  const status = (workload.status ?? {}) as WorkloadStatus;
  const { spec } = workload as Workload;
  const current = (status.observedGeneration ?? 0) >= (workload.metadata.generation ?? 0);
  if (workload.kind === "Job") {
    const done = (status.succeeded ?? 0) >= 1;
    const failed = status.conditions?.find(({ status, type }) => type === "Failed" && status === "True");
    return {
      ready: done ? 1 : 0,
      wanted: 1,
      settled: done,
      ...(failed ? { failed: failed.message ?? failed.reason ?? "it gave up" } : {}),
    };
  }
  const wanted = spec.replicas ?? 1;
  const ready = status.readyReplicas ?? 0;
  const updated = workload.kind === "StatefulSet" && status.currentRevision === status.updateRevision
    ? status.replicas ?? 0
    : status.updatedReplicas ?? 0;
  const settled = current && ready === wanted && updated === wanted && (status.replicas ?? 0) === wanted;
  return { ready, wanted, settled };
}
