import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import {
  type Container,
  isCronJob,
  isWorkload,
  manifest,
  type Templated,
  type Workload,
} from "./manifests.ts";
import type { ComponentName } from "../names.ts";
import type { Pipeline, Resources } from "../pipeline.ts";

/** By which everything that the operator made is found, whatever component it belongs to. */
export const MANAGED_BY = { "app.kubernetes.io/managed-by": "finnhub-pipe" } as const;
/** A pod's template carries the checksum of its configuration: it is rolled when that changes. */
export const CONFIG_CHECKSUM = "finnhub-pipe.dev/config";
/** What was applied last, as a hash: a field that is no longer wanted is seen by it. */
export const APPLIED_HASH = "finnhub-pipe.dev/applied";

/** Labels that select a component's pods. They can never change: a StatefulSet's selector is fixed. */
export function selectorOf(pipeline: Pipeline, component: string): Record<string, string> {
  return { "app.kubernetes.io/name": component, "app.kubernetes.io/instance": pipeline.metadata.name };
}

/** The objects of a component's manifest, made this pipeline's own: namespace, labels, owner, selectors, images. */
export function componentObjects(pipeline: Pipeline, component: ComponentName): KubernetesObject[] {
  return manifest(component).map((object) => owned(pipeline, component, object));
}

/** Gives an object what every object of a pipeline has. */
export function owned(pipeline: Pipeline, component: string, object: KubernetesObject): KubernetesObject {
  const { name, namespace, uid } = pipeline.metadata;
  const labels = {
    ...selectorOf(pipeline, component),
    "app.kubernetes.io/part-of": "finnhub-pipe",
    ...MANAGED_BY,
  };
  object.metadata = {
    ...object.metadata,
    ...(namespace === undefined ? {} : { namespace }),
    labels: { ...object.metadata.labels, ...labels },
    // Without it, when there is no Pipeline in a cluster yet, a dry run prints what people apply themselves.
    ...(uid === undefined ? {} : {
      ownerReferences: [{
        apiVersion: pipeline.apiVersion,
        kind: pipeline.kind,
        name,
        uid,
        controller: true,
      }],
    }),
  };
  const selector = selectorOf(pipeline, component);
  if (isCronJob(object)) {
    const { template } = object.spec.jobTemplate.spec;
    template.metadata = { ...template.metadata, labels };
  } else if (isWorkload(object)) {
    object.spec.template.metadata = { ...object.spec.template.metadata, labels };
    // A Job's selector is made by the server.
    if (object.kind !== "Job") object.spec.selector = { matchLabels: selector };
  } else if (object.kind === "Service") {
    Object.assign(object.spec as object, { selector });
  } else if (object.kind === "PodDisruptionBudget") {
    Object.assign(object.spec as object, { selector: { matchLabels: selector } });
  } else if (object.kind === "NetworkPolicy") {
    Object.assign(object.spec as object, { podSelector: { matchLabels: selector } });
  }
  return object;
}

/** The one workload among a component's objects. */
export function workloadOf(objects: readonly KubernetesObject[]): Workload {
  const found = objects.find(isWorkload);
  if (!found) throw new RangeError("the manifest has no Deployment, StatefulSet or Job");
  return found;
}

export interface PodOptions {
  image: string | undefined;
  resources?: Resources | undefined;
  /** Values by name; a name that the manifest lacks is added. */
  env?: Record<string, string | undefined>;
  /** Text of the mounted configuration. */
  config?: string;
}

/** Fills in what every pod takes from the spec. */
export function fillPod(pipeline: Pipeline, workload: Templated, options: PodOptions): void {
  const { images } = pipeline.spec;
  const pod = workload.spec.template.spec;
  const [container] = pod.containers;
  container.image = options.image ?? container.image;
  container.imagePullPolicy = images.pullPolicy;
  if (images.pullSecrets?.length) pod.imagePullSecrets = images.pullSecrets.map((name) => ({ name }));
  if (options.resources) {
    const { limits, requests } = container.resources as Resources;
    container.resources = {
      requests: { ...requests, ...options.resources.requests },
      limits: { ...limits, ...options.resources.limits },
    };
  }
  for (const [name, value] of Object.entries(options.env ?? {})) {
    if (value !== undefined) setEnv(container, name, value);
  }
  if (options.config !== undefined) {
    annotate(workload, { [CONFIG_CHECKSUM]: hash(options.config) });
  }
}

/** Adds annotations to the pods of a template. */
export function annotate({ spec: { template } }: Templated, annotations: Record<string, string>): void {
  const { metadata } = template;
  template.metadata = { ...metadata, annotations: { ...metadata?.annotations, ...annotations } };
}

function setEnv(container: Container, name: string, value: string): void {
  container.env ??= [];
  const found = container.env.find((variable) => variable.name === name);
  if (found) found.value = value;
  else container.env.push({ name, value });
}

/** Prefers nodes, then zones, that have no pod of the component yet; where there is one node, that will do. */
export function spread(pipeline: Pipeline, component: string, workload: Workload): void {
  const labelSelector = { matchLabels: selectorOf(pipeline, component) };
  workload.spec.template.spec.affinity = {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 100, podAffinityTerm: { labelSelector, topologyKey: "kubernetes.io/hostname" } },
        { weight: 50, podAffinityTerm: { labelSelector, topologyKey: "topology.kubernetes.io/zone" } },
      ],
    },
  };
}

/** A ConfigMap of a component. */
export function configMap(
  pipeline: Pipeline,
  component: string,
  name: string,
  data: Record<string, string>,
): KubernetesObject {
  return owned(pipeline, component, { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });
}

/**
 * Sets values in the text of a properties file.
 *
 * @throws {RangeError} for a key that the file does not have: the file shows all that is set.
 */
export function setProperties(text: string, values: Record<string, string | number>): string {
  const lines = text.split("\n");
  for (const [key, value] of Object.entries(values)) {
    const at = lines.findIndex((line) => line.startsWith(`${key}=`));
    if (at < 0) throw new RangeError(`the file has no ${key}`);
    lines[at] = `${key}=${value}`;
  }
  return lines.join("\n");
}

/** A short, stable hash (FNV-1a, 64 bits as two of 32) of a value's JSON, its keys in order. */
export function hash(value: unknown): string {
  const text = typeof value === "string" ? value : canonical(value);
  let [low, high] = [0x811c9dc5, 0x01000193];
  for (let i = 0; i < text.length; i++) {
    low = Math.imul(low ^ text.charCodeAt(i), 0x01000193);
    high = Math.imul(high ^ text.charCodeAt(i), 0x85ebca6b) + i | 0;
  }
  const hex = (part: number) => (part >>> 0).toString(16).padStart(8, "0");
  return hex(low) + hex(high);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, each]) => each !== undefined).sort(([a], [b]) =>
    a < b ? -1 : 1
  );
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(",")}}`;
}
