import { parse } from "@std/yaml";
import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import { hash } from "../hash.ts";
import { CONFIG_CHECKSUM, selectorOf } from "../names.ts";
import type { Pipeline, PipelineSpec, Resources } from "../pipeline.ts";
import type { ClaimTemplate, EnvVar, Templated, Workload } from "../workload.ts";

/** The objects of one component while they are made. */
export interface Draft {
  objects: KubernetesObject[];
  /** The one that makes pods. */
  workload: KubernetesObject;
  /** Its pods' template; a CronJob's is one level deeper. */
  pods: Templated;
}

/** A change of a component's manifest. Only `build()` applies it. */
export type Overlay = (draft: Draft) => void;

const containerOf = ({ pods }: Draft) => pods.spec.template.spec.containers[0];

/** Takes the image that is named, by the pull policy and secrets of all; the manifest's when none is named. */
export const image =
  ({ pullPolicy, pullSecrets }: PipelineSpec["images"], name?: string): Overlay => (draft) => {
    const container = containerOf(draft);
    container.image = name ?? container.image;
    container.imagePullPolicy = pullPolicy;
    if (pullSecrets?.length) {
      draft.pods.spec.template.spec.imagePullSecrets = pullSecrets.map((name) => ({ name }));
    }
  };

/** Requests and limits that are set take the place of the manifest's, each for itself. */
export const resources = (wanted: Resources | undefined): Overlay => (draft) => {
  if (wanted === undefined) return;
  const container = containerOf(draft);
  const { limits, requests } = container.resources as Resources;
  container.resources = {
    requests: { ...requests, ...wanted.requests },
    limits: { ...limits, ...wanted.limits },
  };
};

/** Values of environment variables; a name that the manifest lacks is added, an undefined value changes nothing. */
export const environment =
  (values: Record<string, EnvVar["value"] | EnvVar["valueFrom"]>): Overlay => (draft) => {
    const env = containerOf(draft).env ??= [];
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined) continue;
      const given = typeof value === "string" ? { value } : { valueFrom: value };
      const found = env.find((variable) => variable.name === name);
      if (found) Object.assign(found, given);
      else env.push({ name, ...given });
    }
  };

/** Takes environment variables away. */
export const without = (...names: string[]): Overlay => (draft) => {
  const container = containerOf(draft);
  container.env = (container.env ?? []).filter(({ name }) => !names.includes(name));
};

/** Puts a ConfigMap of somebody else's into the pods, as a folder. */
export const mounted = (name: string, configMap: string, mountPath: string): Overlay => (draft) => {
  const { spec } = draft.pods.spec.template;
  const container = containerOf(draft);
  spec.volumes = [...(spec.volumes as unknown[] ?? []), { name, configMap: { name: configMap } }];
  container.volumeMounts = [
    ...(container.volumeMounts as unknown[] ?? []),
    { name, mountPath, readOnly: true },
  ];
};

export const replicas = (count: number): Overlay => ({ workload }) => {
  (workload as Workload).spec.replicas = count;
};

/** Adds annotations to the pods. */
export const annotated =
  (annotations: Record<string, string>): Overlay => ({ pods: { spec: { template } } }) => {
    const { metadata } = template;
    template.metadata = { ...metadata, annotations: { ...metadata?.annotations, ...annotations } };
  };

/** Rolls the pods when the configuration that they read at their start changes. */
export const rolledBy = (configuration: unknown): Overlay =>
  annotated({ [CONFIG_CHECKSUM]: hash(JSON.stringify(configuration)) });

/** Prefers nodes, then zones, that have no pod of the component yet; where there is one node, that will do. */
export const spread = (pipeline: Pipeline, component: string): Overlay => ({ pods }) => {
  const labelSelector = { matchLabels: selectorOf(pipeline, component) };
  pods.spec.template.spec.affinity = {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 100, podAffinityTerm: { labelSelector, topologyKey: "kubernetes.io/hostname" } },
        { weight: 50, podAffinityTerm: { labelSelector, topologyKey: "topology.kubernetes.io/zone" } },
      ],
    },
  };
};

/** @param existing The claims as they are in the cluster: a StatefulSet's template of them cannot be changed. */
export const storage = (
  { storage, storageClassName, volumes }: Pick<PipelineSpec, "storageClassName" | "volumes"> & {
    storage: string;
  },
  existing: ClaimTemplate[] | undefined,
): Overlay =>
({ workload }) => {
  const { spec } = workload as Workload;
  const [claim] = spec.volumeClaimTemplates!;
  claim!.spec.resources.requests.storage = existing?.[0]?.spec.resources.requests.storage ?? storage;
  const className = existing ? existing[0]?.spec.storageClassName : storageClassName;
  if (className !== undefined) claim!.spec.storageClassName = className;
  spec.persistentVolumeClaimRetentionPolicy = { whenDeleted: volumes, whenScaled: "Retain" };
};

/** A page's Service as `exposure` wants it. */
export const exposed =
  ({ annotations, sourceRanges, type }: PipelineSpec["exposure"]): Overlay => ({ objects }) => {
    for (const object of objects) {
      if (object.kind !== "Service") continue;
      const balanced = type === "LoadBalancer";
      Object.assign(object.spec as object, {
        type: balanced || type === "NodePort" ? type : "ClusterIP",
        ...(balanced && sourceRanges && { loadBalancerSourceRanges: sourceRanges }),
      });
      if (balanced && annotations) object.metadata.annotations = annotations;
    }
  };

interface Named {
  name: string;
}

interface Patch {
  /** Lists are merged with the container's by name; other values replace them. */
  container?: Record<string, unknown> & { env?: EnvVar[] };
  volumes?: Named[];
}

/** Merges a patch of manifests/ into the pods, such as the one for TLS. */
export const patched = (text: string): Overlay => (draft) => {
  const { container: more = {}, volumes = [] } = parse(text) as Patch;
  const container = containerOf(draft);
  for (const [field, value] of Object.entries(more)) {
    container[field] = Array.isArray(value) && field !== "command"
      ? joined(container[field] as Named[] | undefined, value)
      : value;
  }
  const { spec } = draft.pods.spec.template;
  if (volumes.length > 0) spec.volumes = joined(spec.volumes as Named[], volumes);
};

function joined(before: readonly Named[] = [], more: readonly Named[]): Named[] {
  const names = new Set(more.map(({ name }) => name));
  return [...before.filter(({ name }) => !names.has(name)), ...more];
}

/** Sets the pods' Kafka login: its name, and the key of its password in the Secret. */
export const login = (user: string): Overlay => (draft) => {
  for (const variable of containerOf(draft).env ?? []) {
    if (variable.name === "KAFKA_USER") variable.value = user;
    if (variable.name !== "KAFKA_PASSWORD") continue;
    const { secretKeyRef } = variable.valueFrom as { secretKeyRef: { key: string } };
    secretKeyRef.key = `${user}-password`;
  }
};

/** Names a Job by all that it does, so that a change makes another one. */
export const namedByContent = (prefix: string): Overlay => ({ workload }) => {
  workload.metadata.name = `${prefix}-${hash(workload.spec).slice(0, 8)}`;
};
