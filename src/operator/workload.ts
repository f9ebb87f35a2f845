import type { KubernetesObject } from "../kubernetes/cluster.ts";

/** A key of a Secret that the user made. */
export interface SecretKey {
  name: string;
  key: string;
}

export interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: unknown;
}

export interface Container {
  name: string;
  image: string;
  imagePullPolicy?: string;
  env?: EnvVar[];
  resources?: unknown;
  [field: string]: unknown;
}

export interface PodSpec {
  containers: [Container, ...Container[]];
  imagePullSecrets?: { name: string }[];
  affinity?: unknown;
  topologySpreadConstraints?: unknown[];
  [field: string]: unknown;
}

/** A Deployment, StatefulSet or Job, as far as it is changed here. */
export interface Workload extends KubernetesObject {
  spec: {
    replicas?: number;
    selector?: unknown;
    template: {
      metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
      spec: PodSpec;
    };
    volumeClaimTemplates?: ClaimTemplate[];
    [field: string]: unknown;
  };
}

export interface ClaimTemplate {
  metadata: { name: string; annotations?: Record<string, string> };
  spec: {
    accessModes: string[];
    storageClassName?: string;
    resources: { requests: { storage: string } };
  };
}

/** What makes pods by a template: a workload, or a CronJob's template of one. */
export type Templated = { spec: Pick<Workload["spec"], "template"> };

/** A CronJob, as far as it is changed here. */
export interface CronJob extends KubernetesObject {
  spec: {
    schedule: string;
    jobTemplate: { spec: { template: Workload["spec"]["template"] } };
    [field: string]: unknown;
  };
}

export const isCronJob = (object: KubernetesObject): object is CronJob => object.kind === "CronJob";

export const isWorkload = (object: KubernetesObject): object is Workload =>
  object.kind === "StatefulSet" || object.kind === "Deployment" || object.kind === "Job";
