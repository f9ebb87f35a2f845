import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import { grafana, ingress } from "./grafana.ts";
import { batch, cassandraWeb, dashboard, kafdrop, processor, producer, setup } from "./roles.ts";
import { cassandra, kafka, zookeeper } from "./servers.ts";
import type { ComponentName, ServerName } from "../names.ts";
import type { Workload } from "./manifests.ts";
import { configMap, workloadOf } from "./objects.ts";
import { claimsOf, claimTemplates, type Observed, progressOf } from "../reconcile/observed.ts";
import type { Pipeline } from "../pipeline.ts";
import { quantity } from "./quantity.ts";
import { AUTHORITIES, PLAIN, type Security } from "../security/security.ts";

/** A part of the pipeline, and what it is made of. */
export interface Component {
  name: ComponentName | "certificates" | "ingress";
  /** Must have settled before this one's workload is made or changed. */
  after: readonly ComponentName[];
  /** In the order in which they are applied; none when the component is off. */
  objects: KubernetesObject[];
}

/** Where each stands in the flow; the order in which they are applied. */
const AFTER: Record<ComponentName, readonly ComponentName[]> = {
  zookeeper: [],
  cassandra: [],
  kafka: ["zookeeper"],
  kafdrop: ["kafka"],
  setup: ["kafka", "cassandra"],
  "cassandra-web": ["setup"],
  processor: ["setup"],
  producer: ["setup"],
  dashboard: ["setup"],
  grafana: ["setup"],
  batch: ["setup"],
};

/** While partitions are raised the producer has to stop first, and setup waits for that. */
const RAISING: typeof AFTER = (({ producer: _, ...rest }) => ({
  producer: [],
  ...rest,
  setup: [...AFTER.setup, "producer"],
}))(AFTER);

/** While our own executable becomes another version: a producer may write what an earlier processor cannot read. */
const UPGRADING: typeof AFTER = { ...AFTER, producer: ["setup", "processor"] };

/**
 * Everything that a pipeline is made of, in the order of dependency. Pure: the same spec and the same cluster give the
 * same objects.
 */
export function desiredState(
  pipeline: Pipeline,
  observed: Observed,
  security: Security = PLAIN,
): Component[] {
  const { spec } = pipeline;
  const claims = (name: ServerName) => claimTemplates(observed, name);
  const setupObjects = setup(pipeline, security);
  const raising = isRaisingPartitions(pipeline, observed, setupObjects);
  const producerObjects = producer(pipeline, security, raising);
  const objects: Record<ComponentName, () => KubernetesObject[]> = {
    zookeeper: () => [...zookeeper(pipeline, claims), ...grownClaims(pipeline, observed, "zookeeper")],
    cassandra:
      () => [...cassandra(pipeline, claims, security), ...grownClaims(pipeline, observed, "cassandra")],
    kafka: () => [...kafka(pipeline, claims, security), ...grownClaims(pipeline, observed, "kafka")],
    kafdrop: () => spec.kafdrop.enabled ? kafdrop(pipeline, security) : [],
    setup: () => setupObjects,
    "cassandra-web": () => spec.cassandraWeb.enabled ? cassandraWeb(pipeline) : [],
    producer: () => producerObjects,
    processor: () => processor(pipeline, security),
    dashboard: () => spec.dashboard.enabled ? dashboard(pipeline, security) : [],
    grafana: () => spec.grafana.enabled ? grafana(pipeline, security) : [],
    batch: () => batch(pipeline, security),
  };
  const after = raising ? RAISING : isAnotherImage(observed, workloadOf(producerObjects)) ? UPGRADING : AFTER;
  const components: Component[] = (Object.keys(after) as ComponentName[]).map((name) => ({
    name,
    after: after[name],
    objects: objects[name](),
  }));
  if (security.transport !== "plain") {
    const { authorities } = security;
    const map = configMap(pipeline, "certificates", AUTHORITIES, { "ca.crt": authorities });
    components.unshift({ name: "certificates", after: [], objects: [map] });
  }
  if (spec.exposure.type === "Ingress") {
    components.push({ name: "ingress", after: [], objects: ingress(pipeline) });
  }
  return components;
}

/** Whether the topic is about to get more partitions than it was made with. */
function isRaisingPartitions(
  { spec, status }: Pipeline,
  observed: Observed,
  setupObjects: KubernetesObject[],
): boolean {
  const made = status?.topic?.partitions;
  if (made === undefined || spec.kafka.topic.partitions <= made) return false;
  const job = observed.get("Job", workloadOf(setupObjects).metadata.name);
  return job === undefined || !progressOf(job).settled;
}

function isAnotherImage(observed: Observed, wanted: Workload): boolean {
  const live = observed.get("Deployment", wanted.metadata.name) as Workload | undefined;
  const imageOf = ({ spec }: Workload) => spec.template.spec.containers[0].image;
  return live !== undefined && imageOf(live) !== imageOf(wanted);
}

/** Claims that are smaller than the spec says, as patches of their size alone. */
function grownClaims({ spec }: Pipeline, observed: Observed, name: ServerName): KubernetesObject[] {
  const { storage } = spec[name];
  return [...claimsOf(observed, name).values()]
    .filter((claim) => quantity(claim.spec.resources.requests.storage)! < quantity(storage)!)
    .map(({ metadata: { name, namespace } }) => ({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
      spec: { resources: { requests: { storage } } },
    }));
}
