/** Objects for tests of the cluster itself, as small as they can be. */

interface PodOptions {
  /** For the fake nodes: `{ "ready-after": "1s" }`. */
  script?: Record<string, string>;
  image?: string;
  spec?: Record<string, unknown>;
}

function template(name: string, { script = {}, image = "example/one:1", spec = {} }: PodOptions) {
  const annotations = Object.entries(script).map(([key, value]) => [`fakenode/${key}`, value]);
  return {
    metadata: { labels: { app: name }, annotations: Object.fromEntries(annotations) },
    spec: { containers: [{ name: "main", image }], ...spec },
  };
}

/** A pod of one container. */
export function pod(name: string, options: PodOptions = {}) {
  const { metadata, spec } = template(name, options);
  return { apiVersion: "v1", kind: "Pod", metadata: { name, ...metadata }, spec };
}

export function deployment(name: string, replicas: number, options: PodOptions = {}) {
  const selector = { matchLabels: { app: name } };
  const spec = { replicas, selector, template: template(name, options) };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name }, spec };
}

/** A StatefulSet with a volume claim for each pod, and a rule that no two pods share a zone. */
export function statefulSet(name: string, replicas: number, storage: string) {
  const selector = { matchLabels: { app: name } };
  const rule = { labelSelector: selector, topologyKey: "topology.kubernetes.io/zone" };
  const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [rule] } };
  const claim = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name },
    spec: {
      serviceName: name,
      replicas,
      selector,
      template: template(name, { spec: { affinity } }),
      volumeClaimTemplates: [{ metadata: { name: "data" }, spec: claim }],
    },
  };
}

export function job(name: string, options: PodOptions & { retries?: number } = {}) {
  const { retries = 0, spec = {}, ...rest } = options;
  const podTemplate = template(name, { ...rest, spec: { restartPolicy: "Never", ...spec } });
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name },
    spec: { backoffLimit: retries, template: podTemplate },
  };
}
