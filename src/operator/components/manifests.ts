import { parseAll } from "@std/yaml";
import batch from "../../../manifests/batch/objects.yaml" with { type: "text" };
import cassandra from "../../../manifests/cassandra/objects.yaml" with { type: "text" };
import cassandraWeb from "../../../manifests/cassandra-web/objects.yaml" with { type: "text" };
import dashboard from "../../../manifests/dashboard/objects.yaml" with { type: "text" };
import grafana from "../../../manifests/grafana/objects.yaml" with { type: "text" };
import kafdrop from "../../../manifests/kafdrop/objects.yaml" with { type: "text" };
import kafka from "../../../manifests/kafka/objects.yaml" with { type: "text" };
import processor from "../../../manifests/processor/objects.yaml" with { type: "text" };
import producer from "../../../manifests/producer/objects.yaml" with { type: "text" };
import setup from "../../../manifests/setup/objects.yaml" with { type: "text" };
import zookeeper from "../../../manifests/zookeeper/objects.yaml" with { type: "text" };
import type { ComponentName } from "../names.ts";
import type { KubernetesObject } from "../../kubernetes/cluster.ts";

const TEXTS: Record<ComponentName, string> = {
  zookeeper,
  kafka,
  kafdrop,
  cassandra,
  "cassandra-web": cassandraWeb,
  setup,
  producer,
  processor,
  dashboard,
  grafana,
  batch,
};

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
  metadata: { name: string };
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

/** The objects of manifests/`component`/objects.yaml, for the caller to change. */
export function manifest(component: ComponentName): KubernetesObject[] {
  // Parsed anew each time: nobody can change another's copy, and YAML's aliases are no shared objects.
  return (parseAll(TEXTS[component]) as KubernetesObject[]).map((object) => structuredClone(object));
}
