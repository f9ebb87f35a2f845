import { ObjectCache, watchRestarts } from "../../kubernetes/cache.ts";
import { type Cluster, keyOf, type KindRef, type KubernetesObject } from "../../kubernetes/cluster.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { MetricRegistry } from "../../telemetry/metrics.ts";
import { type Kind, KINDS, type Observed, OPTIONAL_KINDS, type OptionalKind } from "./observed.ts";
import { OptionalKinds } from "./optional_kinds.ts";
import { GROUP_VERSION } from "../pipeline.ts";
import { MANAGED_BY } from "../names.ts";

export interface ClusterViewOptions {
  cluster: Cluster;
  namespace: string;
  onChange(): void;
  registry: MetricRegistry;
  log: Logger;
  /** Uniform in [0, 1). */
  random(): number;
  /** Monotonic milliseconds. */
  now(): number;
}

export const PIPELINES: KindRef = { apiVersion: GROUP_VERSION, kind: "Pipeline" };
const STORAGE_CLASSES: KindRef = { apiVersion: "storage.k8s.io/v1", kind: "StorageClass" };
const DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";

const isOptional = (kind: Kind): kind is OptionalKind => Object.hasOwn(OPTIONAL_KINDS, kind);

/** What is in a namespace, followed by watches. */
export class ClusterView implements Observed {
  readonly #caches = new Map<Kind, ObjectCache>();
  readonly #pipelines: ObjectCache;
  readonly #classes: ObjectCache;
  readonly #optional: OptionalKinds;

  constructor(readonly options: ClusterViewOptions) {
    const { cluster, log, namespace, now, onChange, random, registry } = options;
    const restarts = watchRestarts(registry);
    const cache = (kind: KindRef, scope: { namespace?: string; labelSelector?: string }) =>
      new ObjectCache({ cluster, kind, ...scope, onChange, restarts, log, now, random });
    const made = Object.entries(MANAGED_BY).map(([label, value]) => `${label}=${value}`).join(",");
    for (const [kind, apiVersion] of Object.entries(KINDS) as [Kind, string][]) {
      // Claims outlive the Pipeline that they were made for, and bear the labels that the StatefulSet gives them.
      const scope = kind === "PersistentVolumeClaim" ? { namespace } : { namespace, labelSelector: made };
      this.#caches.set(kind, cache({ apiVersion, kind }, scope));
    }
    const optional = Object.entries(OPTIONAL_KINDS).map(([kind, apiVersion]) =>
      [kind as OptionalKind, cache({ apiVersion, kind }, { namespace, labelSelector: made })] as const
    );
    this.#optional = new OptionalKinds({ cluster, caches: new Map(optional), onChange, log });
    this.#pipelines = cache(PIPELINES, { namespace });
    this.#classes = cache(STORAGE_CLASSES, {});
  }

  /** Follows the cluster until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#all().map((cache) => cache.run(signal)), this.#optional.run(signal)]);
  }

  /** Resolves when everything was seen once. */
  async synced(): Promise<void> {
    await Promise.all(this.#all().map((cache) => cache.synced));
  }

  /** Why some of what is seen may be old; empty while all watches follow. */
  problems(): string[] {
    return this.#all().flatMap(({ problem }) => problem ?? []);
  }

  /** Whether the cluster has the kinds of the Prometheus operator. */
  monitored(): boolean {
    return this.#optional.seen;
  }

  get(kind: Kind, name: string): KubernetesObject | undefined {
    const key = keyOf({ namespace: this.options.namespace, name });
    return isOptional(kind) ? this.#optional.get(kind, key) : this.#caches.get(kind)!.get(key);
  }

  list(kind: Kind): KubernetesObject[] {
    return isOptional(kind) ? this.#optional.list(kind) : [...this.#caches.get(kind)!.values()];
  }

  /** The Pipelines of the namespace, the oldest first. */
  pipelines(): KubernetesObject[] {
    const age = ({ metadata: { creationTimestamp = "", name } }: KubernetesObject) =>
      `${creationTimestamp} ${name}`;
    return [...this.#pipelines.values()].sort((a, b) => age(a) < age(b) ? -1 : 1);
  }

  canGrow(storageClass: string | undefined): boolean {
    const found = [...this.#classes.values()].find(({ metadata: { annotations, name } }) =>
      storageClass === undefined ? annotations?.[DEFAULT_CLASS] === "true" : name === storageClass
    );
    return found?.allowVolumeExpansion === true;
  }

  #all(): ObjectCache[] {
    return [...this.#caches.values(), this.#pipelines, this.#classes];
  }
}
