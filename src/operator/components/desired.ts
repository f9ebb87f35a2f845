import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import type { Pipeline } from "../pipeline.ts";
import { type Observed, progressOf } from "../reconcile/observed.ts";
import { AUTHORITIES, PLAIN, type Security } from "../security/security.ts";
import { isWorkload, type Workload } from "../workload.ts";
import { build, configMap } from "./build.ts";
import { NO_SURROUNDINGS, type Surroundings } from "./definition.ts";
import { ingress } from "./ingress.ts";
import { monitoring } from "./monitoring/monitoring.ts";
import { type ComponentName, COMPONENTS, TABLE } from "./table.ts";

/** A part of the pipeline, and what it is made of. */
export interface Component {
  name: ComponentName | "certificates" | "ingress" | "monitoring";
  /** Must have settled before this one's workload is made or changed. */
  after: readonly string[];
  /** In the order in which they are applied; none when the component is off. */
  objects: KubernetesObject[];
}

/**
 * Everything that a pipeline is made of, in the order of dependency. Pure: the same spec and the same cluster give the
 * same objects.
 */
export function desiredState(
  pipeline: Pipeline,
  observed: Observed,
  security: Security = PLAIN,
  surroundings: Surroundings = NO_SURROUNDINGS,
): Component[] {
  const { spec } = pipeline;
  const context = { ...surroundings, pipeline, observed, security, raising: false };
  const made = new Map(COMPONENTS.map((name) => [name, build(name, TABLE[name], context)]));
  const raising = isRaisingPartitions(pipeline, observed, made.get("setup")!);
  if (raising) made.set("producer", build("producer", TABLE.producer, { ...context, raising }));
  const order = raising ? RAISING : isAnotherImage(observed, made.get("producer")!) ? UPGRADING : {};
  // While partitions are raised the producer has to stop first, and setup waits for that.
  const names = raising ? new Set<ComponentName>(["producer", ...COMPONENTS]) : COMPONENTS;
  const components: Component[] = [...names].map((name) => ({
    name,
    after: order[name] ?? TABLE[name].after,
    objects: made.get(name)!,
  }));
  if (security.transport !== "plain") {
    const { authorities } = security;
    const map = configMap(pipeline, "certificates", AUTHORITIES, { "ca.crt": authorities });
    components.unshift({ name: "certificates", after: [], objects: [map] });
  }
  if (spec.exposure.type === "Ingress") {
    components.push({ name: "ingress", after: [], objects: ingress(pipeline) });
  }
  if (spec.monitoring.enabled && surroundings.monitored) {
    components.push({ name: "monitoring", after: [], objects: monitoring(pipeline) });
  }
  return components;
}

type Order = Partial<Record<ComponentName, readonly ComponentName[]>>;

const RAISING: Order = { producer: [], setup: ["kafka", "cassandra", "producer"] };

/** While our own executable becomes another version: a producer may write what an earlier processor cannot read. */
const UPGRADING: Order = { producer: ["setup", "processor"] };

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

function isAnotherImage(observed: Observed, producerObjects: KubernetesObject[]): boolean {
  const wanted = workloadOf(producerObjects);
  const live = observed.get("Deployment", wanted.metadata.name) as Workload | undefined;
  const imageOf = ({ spec }: Workload) => spec.template.spec.containers[0].image;
  return live !== undefined && imageOf(live) !== imageOf(wanted);
}

function workloadOf(objects: readonly KubernetesObject[]): Workload {
  return objects.find(isWorkload)!;
}
