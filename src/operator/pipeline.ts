import { parse } from "@std/yaml";
import crdText from "../../manifests/crd.yaml" with { type: "text" };
import type { KubernetesObject, ObjectMeta } from "../kubernetes/cluster.ts";
import type { PodFields, Scheduling } from "./components/pods/fields.ts";
import type { ExternalCassandra, ExternalKafka } from "./external.ts";
import type { ServerName } from "./names.ts";
import { problemsOf, type Schema } from "./schema.ts";
import type { ComponentStatus, Condition } from "./status/operator_status.ts";
import type { SecretKey } from "./workload.ts";

export type { ComponentState, ComponentStatus, Condition } from "./status/operator_status.ts";

export const GROUP_VERSION = "finnhub-pipe.dev/v1alpha1";

/** Requests and limits of a container, as Kubernetes has them. */
export interface Resources {
  requests?: Record<string, string | number>;
  limits?: Record<string, string | number>;
}

/** What every component has. */
interface Run {
  resources?: Resources;
  pod?: PodFields;
}

export interface Sized extends Run {
  /** Decided by the profile when absent. */
  replicas?: number;
  storage: string;
  /** That of all when absent. */
  storageClassName?: string;
}

/** Where brokers keep what they know of the cluster: in ZooKeeper, or with controllers of their own kind. */
export type Metadata = "ZooKeeper" | "KRaft";

interface Optional extends Run {
  enabled: boolean;
}

/** The spec of a Pipeline with its defaults filled in; manifests/crd.yaml says what each field means. */
export interface PipelineSpec {
  profile: "single" | "ha";
  paused: boolean;
  tickers: string[];
  feed: {
    tokenSecret: SecretKey;
    validateTickers: boolean;
    websocketUrl?: string;
    restUrl?: string;
  };
  images: {
    pipeline?: string;
    kafka?: string;
    cassandra?: string;
    grafana?: string;
    kafdrop?: string;
    cassandraWeb?: string;
    pullPolicy: string;
    pullSecrets?: string[];
  };
  storageClassName?: string;
  /** For the pods of all components. */
  scheduling?: Scheduling;
  zookeeper: Sized;
  kafkaController: Sized;
  kafka: Sized & {
    external?: ExternalKafka;
    /** Decided by the image when absent. */
    metadata?: Metadata;
    heap: string;
    topic: { name: string; partitions: number; retention: string };
  };
  cassandra: Sized & {
    external?: ExternalCassandra;
    heap: string;
    keyspace: string;
    tradesTtl: string;
    windowsTtl: string;
  };
  /** Which candles and bars are kept; those of every print, and no bars, when absent. */
  candles?: {
    kinds?: ("raw" | "sip")[];
    bars?: string[];
    align?: "Epoch" | "Session";
    calendarsConfigMap?: string;
  };
  setup: Run;
  producer: Run;
  processor: Run & { replicas?: number };
  dashboard: Optional;
  grafana: Optional & {
    plugin: { source: "Internet" | "Image" | "Volume"; path: string; claimName?: string };
  };
  kafdrop: Optional;
  cassandraWeb: Optional;
  batch: Run & { schedule?: string; since: string; mode: "Check" | "Repair" };
  schemaRegistry?: {
    url: string;
    user?: string;
    passwordSecret?: SecretKey;
    caConfigMap?: string;
    valueFormat?: "avro" | "confluent";
  };
  monitoring: { enabled: boolean; labels?: Record<string, string> };
  tracing?: { otlpEndpoint: string; headersSecret?: SecretKey; sampleRatio?: string };
  exposure: {
    type: "ClusterIP" | "NodePort" | "LoadBalancer" | "Ingress";
    /** Of the Ingress, or of Services of type LoadBalancer. */
    annotations?: Record<string, string>;
    /** CIDRs that a load balancer lets in. */
    sourceRanges?: string[];
    host?: string;
    ingressClassName?: string;
    tlsSecretName?: string;
  };
  security: {
    /** Decided by the profile when absent. */
    tls?: boolean;
    certificateLifetime: string;
  };
  volumes: "Retain" | "Delete";
  allowDataLeftBehind: boolean;
}

export interface Pipeline {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: PipelineSpec;
  status?: PipelineStatus;
}

export interface PipelineStatus {
  observedGeneration?: number;
  summary?: { kafka?: string; cassandra?: string; lag?: string };
  security?: { transport: string; validUntil?: string };
  /** Where it runs: `metadata` of its own, or somebody else's as the spec said. */
  kafka?: { metadata?: Metadata; external?: ExternalKafka };
  cassandra?: { external?: ExternalCassandra };
  topic?: { partitions?: number };
  /** For the scale subresource: pods that there are, and how they are found. */
  processor?: { replicas: number; selector: string };
  replication?: { kafka?: number; cassandra?: number };
  components?: ComponentStatus[];
  conditions?: Condition[];
}

interface Definition extends KubernetesObject {
  spec: { versions: { schema: { openAPIV3Schema: Schema } }[] };
}

/** The CustomResourceDefinition, as `kubectl apply -f manifests/crd.yaml` takes it. */
export const CRD = parse(crdText) as Definition;

/** A field of Pipelines that a definition in a cluster has and ours has not, as `spec.batch.mode`; a later version's. */
export function unknownField(definition: KubernetesObject): string | undefined {
  const schemaOf = ({ spec }: Definition) => spec.versions[0]!.schema.openAPIV3Schema;
  return unknownProperty(schemaOf(definition as Definition), schemaOf(CRD));
}

function unknownProperty(schema: Schema, known: Schema): string | undefined {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const own = known.properties?.[name];
    if (own === undefined) return name;
    const deeper = unknownProperty(property, own);
    if (deeper !== undefined) return `${name}.${deeper}`;
  }
  return undefined;
}

/**
 * A Pipeline with every default of the schema filled in. The API server has done that already for what comes from it;
 * for one that comes from a file, or that was stored before a field was added, it is done here.
 */
export function readPipeline(object: KubernetesObject): Pipeline {
  const { spec } = CRD.spec.versions[0]!.schema.openAPIV3Schema.properties!;
  return { ...object, spec: withDefaults(spec!, object.spec ?? {}) as PipelineSpec };
}

/** What the API server would refuse of a Pipeline, or drop; each with the path of its field. */
export function pipelineProblems(object: KubernetesObject): string[] {
  const { spec } = CRD.spec.versions[0]!.schema.openAPIV3Schema.properties!;
  return [
    ...pipelineNameProblem(object.metadata.name),
    ...problemsOf(spec!, withDefaults(spec!, object.spec ?? {}), "spec"),
  ];
}

/** Longest value of a label, in characters. */
const LABEL_LENGTH = 63;

/** Why nothing can be made for a Pipeline of a name; `manifests/crd.yaml` has the same rule. None when it can. */
export function pipelineNameProblem(name: string): string[] {
  return name.length <= LABEL_LENGTH ? [] : [
    `metadata.name has more than ${LABEL_LENGTH} characters, and labels can hold no more: make a Pipeline with a shorter name`,
  ];
}

function withDefaults(schema: Schema, value: unknown): unknown {
  if (schema.properties === undefined || typeof value !== "object" || value === null) return value;
  const filled: Record<string, unknown> = { ...value };
  for (const [name, property] of Object.entries(schema.properties)) {
    const given = filled[name] ?? property.default;
    if (given !== undefined) filled[name] = withDefaults(property, structuredClone(given));
  }
  return filled;
}

/** What of a spec sizes a server. */
export const sizeOf = ({ spec }: Pipeline, server: ServerName): Sized =>
  spec[server === "kafka-controller" ? "kafkaController" : server];

/** What the profile decides where the spec says nothing. In profile single the first broker is Kafka's controller, too. */
export function replicasOf(pipeline: Pipeline, component: ServerName | "processor"): number {
  const { profile, processor } = pipeline.spec;
  const { replicas } = component === "processor" ? processor : sizeOf(pipeline, component);
  const single = component === "kafka-controller" ? 0 : 1;
  const ha = component === "processor" ? 2 : 3;
  return replicas ?? (profile === "ha" ? ha : single);
}
