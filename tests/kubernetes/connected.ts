import { ObjectCache, watchRestarts } from "../../src/kubernetes/cache.ts";
import type { ConnectOptions } from "../../src/kubernetes/client.ts";
import type { Cluster, KubernetesObject } from "../../src/kubernetes/cluster.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import type { TestCluster } from "./cluster/mod.ts";
import { Wire } from "./wire.ts";

/** Loaded when it is used: client-node cannot be loaded without permissions, as `deno test` runs without. */
async function connectCluster(options: ConnectOptions) {
  return await (await import("../../src/kubernetes/client.ts")).connectCluster(options);
}

export const KIND = { apiVersion: "v1", kind: "ConfigMap" };
export const NAMESPACE = "default";
const silent = createLogger({ level: "error", format: "text", write: () => {}, now: Date.now });

/** A ConfigMap that is found by the label `test` with the first word of its name. */
export const configMap = (name: string, data: Record<string, string>): KubernetesObject => ({
  ...KIND,
  metadata: { name, namespace: NAMESPACE, labels: { test: name.split("-")[0]! } },
  data,
});
export const ref = (name: string) => ({ ...KIND, namespace: NAMESPACE, name });

/** Our client over a wire of its own, closed at the end. */
export async function connect(
  kubernetes: TestCluster,
  options: { kubeconfig?: string; timeout?: number } = {},
) {
  const wire = new Wire(kubernetes.server);
  const registry = new MetricRegistry();
  const kubeconfig = await wire.kubeconfig(options.kubeconfig ?? kubernetes.kubeconfig);
  const { timeout } = options;
  const { close, cluster } = await connectCluster({
    kubeconfig,
    registry,
    log: silent,
    ...(timeout === undefined ? {} : { timeout }),
  });
  return {
    cluster,
    wire,
    registry,
    [Symbol.dispose]: () => {
      close();
      wire[Symbol.dispose]();
    },
  };
}

/** A cache that runs, and its restarts. */
export async function follow(cluster: Cluster, label: string) {
  const controller = new AbortController();
  const restarts = watchRestarts(new MetricRegistry());
  const cache = new ObjectCache({
    cluster,
    kind: KIND,
    namespace: NAMESPACE,
    labelSelector: `test=${label}`,
    onChange: () => {},
    restarts,
    log: silent,
    random: Math.random,
    now: () => performance.now(),
  });
  const running = cache.run(controller.signal);
  await cache.synced;
  return {
    problem: () => Promise.resolve(cache.problem),
    size: () => Promise.resolve(cache.size),
    names: () => Promise.resolve([...cache.values()].map(({ metadata }) => metadata.name)),
    restarts: () => restarts.value({ kind: "ConfigMap" }),
    [Symbol.asyncDispose]: async () => {
      controller.abort();
      await running;
    },
  };
}

/** A kind that servers do not know from the start. */
export const WIDGETS: KubernetesObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.test.dev" },
  spec: {
    group: "test.dev",
    scope: "Namespaced",
    names: { kind: "Widget", plural: "widgets" },
    versions: [{
      name: "v1",
      served: true,
      storage: true,
      subresources: { status: {} },
      schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
    }],
  },
};
