import type { Cluster, KubernetesObject } from "../kubernetes/cluster.ts";
import { errorText, type Logger } from "../telemetry/log.ts";
import type { MetricRegistry } from "../telemetry/metrics.ts";
import { backoff, firstOf } from "../async/wait.ts";
import { Applier } from "./reconcile/applier.ts";
import { ClusterView } from "./reconcile/cluster_view.ts";
import { makeAuthority } from "./security/certificate_authority.ts";
import { Certificates } from "./security/certificates.ts";
import { CREDENTIAL_KEYS, CREDENTIALS, Credentials } from "./security/credentials.ts";
import { Events } from "./reconcile/events.ts";
import type { OperatorMetrics } from "./status/metrics.ts";
import type { Pipeline, PipelineStatus } from "./pipeline.ts";
import { Reconciler } from "./reconcile/reconciler.ts";
import { Securing } from "./security/securing.ts";
import { KAFKA_LOGIN_KEYS, KAFKA_LOGINS } from "./security/security.ts";
import { Wakeup } from "./reconcile/wakeup.ts";

export interface OperatorOptions {
  cluster: Cluster;
  namespace: string;
  registry: MetricRegistry;
  metrics: OperatorMetrics;
  log: Logger;
  /** Milliseconds since the epoch. */
  wallClock(): number;
  /** Monotonic milliseconds. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
  randomBytes(length: number): Uint8Array;
  /** Messages that wait for the processor; undefined when that cannot be told. */
  lag(): number | undefined;
  /** Milliseconds between passes when nothing happens. */
  resync: number;
  signal: AbortSignal;
}

/** Keeps the Pipelines of one namespace as they say, by watches and a loop that never does two things at once. */
export class Operator {
  readonly view: ClusterView;
  readonly events: Events;
  readonly #wakeup = new Wakeup();

  constructor(readonly options: OperatorOptions) {
    const { cluster, log, random, signal, wallClock } = options;
    this.view = new ClusterView({ ...options, onChange: () => this.#wakeup.wake() });
    this.events = new Events({ cluster, log, now: wallClock, random, signal });
  }

  /** Runs until the signal, which may come when leadership is lost, is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { cluster, log, metrics, random, randomBytes, resync } = this.options;
    const applier = new Applier({
      ...this.options,
      repairs: metrics.repairs,
      errors: metrics.errors,
      onRepair: (object, reason, text) => {
        const [pipeline] = this.view.pipelines();
        if (pipeline) {
          this.events.add(
            pipeline as unknown as Pipeline,
            "Warning",
            reason,
            `${object.kind} ${object.metadata.name}: ${text}`,
          );
        }
      },
    });
    const secrets = { cluster, events: this.events, randomBytes };
    const reconciler = new Reconciler({
      ...this.options,
      now: this.options.wallClock,
      observed: this.view,
      applier,
      credentials: new Credentials({
        ...secrets,
        name: CREDENTIALS,
        keys: CREDENTIAL_KEYS,
        transient: false,
      }),
      securing: new Securing({
        observed: this.view,
        now: this.options.wallClock,
        certificates: new Certificates({
          ...secrets,
          now: this.options.wallClock,
          makeAuthority: (validity) => makeAuthority(validity, randomBytes),
        }),
        kafkaLogins: new Credentials({
          ...secrets,
          name: KAFKA_LOGINS,
          keys: KAFKA_LOGIN_KEYS,
          transient: true,
        }),
      }),
      events: this.events,
      onComponents: (components, { renewedAt }) => {
        for (const { name, state } of components) {
          if (state === "off") metrics.componentReady.remove({ component: name });
          else metrics.componentReady.set(state === "ready" ? 1 : 0, { component: name });
        }
        if (renewedAt === undefined) metrics.renewal.clear();
        else metrics.renewal.set(Date.parse(renewedAt) / 1000);
      },
    });
    // Watches begin anew with leadership: what another leader did meanwhile is seen before anything is decided.
    const stop = new AbortController();
    using either = firstOf(signal, stop.signal);
    const following = this.view.run(either.signal);
    try {
      await this.view.synced();
      for (let failures = 0; !signal.aborted;) {
        let due: number | undefined;
        try {
          due = await this.#pass(reconciler, signal);
          failures = 0;
        } catch (error) {
          if (signal.aborted) break;
          due = backoff(failures++, { base: 500, cap: 15_000, random });
          log.warn("pass failed, tried again", { waitMs: Math.round(due), error: errorText(error) });
          metrics.errors.add(1, { kind: "Pass" });
        }
        await this.#wakeup.next(Math.min(due ?? resync, resync), signal).catch(() => {});
      }
    } finally {
      stop.abort();
      await following;
      // What it last knew would look as if it still held: another leader may have mended it.
      metrics.componentReady.clear();
      metrics.failing.clear();
      metrics.renewal.clear();
    }
  }

  async #pass(reconciler: Reconciler, signal: AbortSignal): Promise<number | undefined> {
    const { metrics, now } = this.options;
    const [first, ...others] = this.view.pipelines();
    let due: number | undefined;
    if (first) {
      const began = now();
      due = await reconciler.reconcile(first, [], signal);
      metrics.duration.observe((now() - began) / 1000);
      metrics.passes.add();
      metrics.failing.set(reconciler.options.applier.failing);
    }
    for (const other of others) {
      const trouble = `namespace ${this.options.namespace} already runs Pipeline ${
        first!.metadata.name
      }: make this one in another namespace`;
      await reconciler.reconcile(other, [trouble], signal);
    }
    return due;
  }

  /** The status that was last written of the Pipeline that is run. */
  status(): { pipeline: KubernetesObject; status: PipelineStatus } | undefined {
    const [pipeline] = this.view.pipelines();
    return pipeline && { pipeline, status: (pipeline.status ?? {}) as PipelineStatus };
  }
}
