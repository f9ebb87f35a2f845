import { keyOf, type KubernetesObject } from "../../../../src/kubernetes/cluster.ts";
import { Applier } from "../../../../src/operator/reconcile/applier.ts";
import { Events } from "../../../../src/operator/reconcile/events.ts";
import { type Limits, NO_LIMITS } from "../../../../src/operator/reconcile/limits.ts";
import { lockedVolumes, type Observed, progressOf } from "../../../../src/operator/reconcile/observed.ts";
import { Reconciler } from "../../../../src/operator/reconcile/reconciler.ts";
import { CREDENTIAL_KEYS, CREDENTIALS, Credentials } from "../../../../src/operator/security/credentials.ts";
import { NamedSecrets } from "../../../../src/operator/security/named_secrets.ts";
import { type PlatformName, SurroundingsView } from "../../../../src/operator/reconcile/surroundings.ts";
import { PLAIN } from "../../../../src/operator/security/security.ts";
import type { Securing } from "../../../../src/operator/security/securing.ts";
import { Unborn } from "../../../../src/operator/status/unborn.ts";
import type { Condition, PipelineStatus } from "../../../../src/operator/pipeline.ts";
import { isWorkload } from "../../../../src/operator/workload.ts";
import { createLogger } from "../../../../src/telemetry/log.ts";
import { MetricRegistry } from "../../../../src/telemetry/metrics.ts";
import { FakeCluster } from "../../kubernetes/fake_cluster.ts";

export const NAMESPACE = "trades";
const SIGNAL = new AbortController().signal;

/** A Pipeline in a cluster of fakes, over which passes are made one by one. */
export class Reconciling {
  readonly server = new FakeCluster();
  readonly events: Events;
  /** Milliseconds, of both clocks. */
  now = Date.parse("2026-01-01T12:00:00Z");
  limits: Limits = NO_LIMITS;
  platform: PlatformName = "auto";
  imageRegistry: string | undefined;
  blind: string[] = [];
  #reconciler: Reconciler | undefined;

  constructor(spec: object, metadata: object = {}) {
    this.put({
      apiVersion: "finnhub-pipe.dev/v1alpha1",
      kind: "Pipeline",
      metadata: { name: "pipeline", namespace: NAMESPACE, uid: "u1", generation: 1, ...metadata },
      spec,
    });
    const options = { cluster: this.server, now: () => this.now, random: () => 0.5, signal: SIGNAL };
    this.events = new Events({ ...options, log });
  }

  /** An object as it is, by `Kind/name`; undefined when there is none. */
  find(name: string): KubernetesObject | undefined {
    return [...this.server.objects.values()].find(({ kind, metadata }) =>
      `${kind}/${metadata.name}` === name
    );
  }

  put(object: KubernetesObject): void {
    const placed = { ...object, metadata: { namespace: NAMESPACE, ...object.metadata } };
    this.server.objects.set(`${object.apiVersion} ${object.kind} ${keyOf(placed.metadata)}`, placed);
  }

  remove(name: string): void {
    const object = this.find(name);
    for (const [key, each] of this.server.objects) if (each === object) this.server.objects.delete(key);
  }

  change(spec: object): void {
    const pipeline = this.find("Pipeline/pipeline")!;
    const generation = pipeline.metadata.generation! + 1;
    this.put({ ...pipeline, metadata: { ...pipeline.metadata, generation }, spec });
  }

  /** Another operator, which remembers nothing. */
  restart(): void {
    this.#reconciler = undefined;
  }

  async pass(others: string[] = []): Promise<void> {
    this.#reconciler ??= this.#make();
    await this.#reconciler.reconcile(this.find("Pipeline/pipeline")!, others, SIGNAL);
  }

  async fail(why: string): Promise<void> {
    this.#reconciler ??= this.#make();
    await this.#reconciler.tellFailure(this.find("Pipeline/pipeline")!, why, SIGNAL);
  }

  /** Passes until all is ready, as if every pod started at once. */
  async settle(): Promise<void> {
    for (let i = 0; i < 8; i++) {
      await this.pass();
      for (const object of this.server.objects.values()) {
        if (!isWorkload(object)) continue;
        const count = object.spec.replicas ?? 1;
        object.status = object.kind === "Job" ? { succeeded: 1 } : {
          observedGeneration: object.metadata.generation ?? 0,
          replicas: count,
          readyReplicas: count,
          updatedReplicas: count,
          currentRevision: "1",
          updateRevision: "1",
        };
        if (!progressOf(object).settled) throw new Error(`${object.metadata.name} is not settled`);
      }
    }
  }

  condition(type: string): Condition {
    const { conditions } = this.find("Pipeline/pipeline")!.status as PipelineStatus;
    return conditions!.find((each) => each.type === type)!;
  }

  /** Reasons of the Events, the oldest first. */
  reasons(): string[] {
    return this.events.recent.map(({ reason }) => reason).toReversed();
  }

  #make(): Reconciler {
    const now = () => this.now;
    const registry = new MetricRegistry();
    const observed = this.#observed();
    return new Reconciler({
      cluster: this.server,
      observed,
      applier: new Applier({
        cluster: this.server,
        log,
        now,
        random: () => 1,
        repairs: registry.counter("repairs", ""),
        errors: registry.counter("errors", ""),
        onRepair: () => {},
      }),
      credentials: new Credentials({
        cluster: this.server,
        events: this.events,
        randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
        name: CREDENTIALS,
        keys: CREDENTIAL_KEYS,
        transient: false,
        opens: () => lockedVolumes(observed),
      }),
      securing: {
        ensure: () => Promise.resolve({ security: PLAIN, refused: [], troubles: [] }),
      } as Partial<Securing> as Securing,
      surroundings: new SurroundingsView({
        cluster: this.server,
        namedSecrets: new NamedSecrets({ cluster: this.server, events: this.events }),
        platform: this.platform,
        monitored: () => this.server.groups.has("monitoring.coreos.com"),
        imageRegistry: this.imageRegistry,
      }),
      events: this.events,
      limits: this.limits,
      now,
      unborn: new Unborn(now),
      lag: () => undefined,
      blind: () => this.blind,
      onComponents: () => {},
    });
  }

  /** What the operator's watches show: objects with its label, and all claims. */
  #observed(): Observed {
    const seen = () =>
      [...this.server.objects.values()].filter(({ kind, metadata: { labels } }) =>
        kind === "PersistentVolumeClaim" || labels?.["app.kubernetes.io/managed-by"] === "finnhub-pipe"
      );
    return {
      get: (kind, name) => seen().find((object) => object.kind === kind && object.metadata.name === name),
      list: (kind) => seen().filter((object) => object.kind === kind),
      canGrow: () => true,
    };
  }
}

const log = createLogger({ level: "error", format: "text", write: () => {}, now: () => 0 });
