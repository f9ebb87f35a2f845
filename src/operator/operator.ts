import { type Cluster, keyOf, type KubernetesObject } from "../kubernetes/cluster.ts";
import { errorText, type Logger } from "../telemetry/log.ts";
import type { MetricRegistry } from "../telemetry/metrics.ts";
import { backoff, firstOf, settledWithin } from "../async/wait.ts";
import { Applier } from "./reconcile/applier.ts";
import { ClusterView, PIPELINES } from "./reconcile/cluster_view.ts";
import { makeAuthority } from "./security/certificate_authority.ts";
import { Certificates } from "./security/certificates.ts";
import { CREDENTIAL_KEYS, CREDENTIALS, Credentials } from "./security/credentials.ts";
import { Events } from "./reconcile/events.ts";
import { Lasting } from "./reconcile/lasting.ts";
import type { Limits } from "./reconcile/limits.ts";
import { lockedVolumes } from "./reconcile/observed.ts";
import type { OperatorMetrics } from "./status/metrics.ts";
import type { Pipeline, PipelineStatus } from "./pipeline.ts";
import { Reconciler } from "./reconcile/reconciler.ts";
import { NamedSecrets } from "./security/named_secrets.ts";
import { type PlatformName, SurroundingsView } from "./reconcile/surroundings.ts";
import { Securing } from "./security/securing.ts";
import { KAFKA_LOGIN_KEYS, KAFKA_LOGINS } from "./security/security.ts";
import { Unborn } from "./status/unborn.ts";
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
  limits: Limits;
  platform: PlatformName;
  /** Where all images are taken from; as they are named when undefined. */
  imageRegistry: string | undefined;
  /** Messages that wait for the processor; undefined when that cannot be told. */
  lag(): number | undefined;
  /** Milliseconds between passes when nothing happens. */
  resync: number;
  signal: AbortSignal;
}

/** Errors that last this long are no restart of a server and no hand-over of its leadership, milliseconds. */
const LASTING_MS = 30_000;

/** Keeps the Pipelines of one namespace as they say, by watches and a loop that never does two things at once. */
export class Operator {
  readonly view: ClusterView;
  readonly events: Events;
  readonly #wakeup = new Wakeup();
  readonly #failing: Lasting;
  readonly #blind: Lasting;

  constructor(readonly options: OperatorOptions) {
    const { cluster, log, now, random, signal, wallClock } = options;
    this.view = new ClusterView({ ...options, onChange: () => this.#wakeup.wake() });
    this.events = new Events({ cluster, log, now: wallClock, random, signal });
    this.#failing = new Lasting(LASTING_MS, now);
    this.#blind = new Lasting(LASTING_MS, now);
  }

  /** Runs until the signal, which may come when leadership is lost, is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { metrics, random, resync } = this.options;
    const reconciler = this.#reconciler();
    // Watches begin anew with leadership: what another leader did meanwhile is seen before anything is decided.
    const stop = new AbortController();
    using either = firstOf(signal, stop.signal);
    const following = this.view.run(either.signal);
    try {
      await this.#synced(reconciler, either.signal);
      for (let failures = 0; !signal.aborted;) {
        const { due, failed } = await this.#pass(reconciler, signal);
        if (signal.aborted) break;
        const wait = failed.size > 0 ? backoff(failures, { base: 500, cap: 15_000, random }) : undefined;
        failures = failed.size > 0 ? failures + 1 : 0;
        await this.#tellLasting(reconciler, failed, wait, signal);
        const dues = [wait ?? due, this.#blind.due()].map((each) => each ?? resync);
        await this.#wakeup.next(Math.min(resync, ...dues), signal).catch(() => {});
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

  /** Waits until everything was seen once, and says in the status what cannot be. */
  async #synced(reconciler: Reconciler, signal: AbortSignal): Promise<void> {
    const { cluster, log, namespace } = this.options;
    const synced = this.view.synced();
    while (!await settledWithin(synced, LASTING_MS)) {
      const problems = this.view.problems();
      if (problems.length === 0) continue;
      const why = `nothing is done while this cannot be seen: ${problems.join("; ")}`;
      try {
        const { items } = await cluster.list(PIPELINES, { namespace, signal });
        for (const pipeline of items) await reconciler.tellFailure(pipeline, why, signal);
      } catch (error) {
        if (!signal.aborted) log.warn("not told in the status", { error: errorText(error) });
      }
    }
  }

  async #pass(
    reconciler: Reconciler,
    signal: AbortSignal,
  ): Promise<{ due: number | undefined; failed: Map<KubernetesObject, unknown> }> {
    const { metrics, namespace, now } = this.options;
    const [first, ...others] = this.view.pipelines();
    const failed = new Map<KubernetesObject, unknown>();
    const attempt = (pipeline: KubernetesObject, troubles: string[]) =>
      reconciler.reconcile(pipeline, troubles, signal).catch((error) => {
        failed.set(pipeline, error);
        return undefined;
      });
    let due: number | undefined;
    if (first) {
      const began = now();
      due = await attempt(first, []);
      if (!failed.has(first)) {
        metrics.duration.observe((now() - began) / 1000);
        metrics.passes.add();
      }
      metrics.failing.set(reconciler.options.applier.failing);
    }
    for (const other of others) {
      const trouble = `namespace ${namespace} already runs Pipeline ${
        first!.metadata.name
      }: make this one in another namespace`;
      await attempt(other, [trouble]);
    }
    return { due, failed };
  }

  /** Logs what failed, and says it in the status where it lasts: what stands there may no longer hold. */
  async #tellLasting(
    reconciler: Reconciler,
    failed: ReadonlyMap<KubernetesObject, unknown>,
    wait: number | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { log, metrics } = this.options;
    const lasting = this.#failing.of([...failed.keys()].map(({ metadata }) => keyOf(metadata)));
    for (const [pipeline, error] of failed) {
      const waitMs = Math.round(wait ?? 0);
      log.warn("pass failed, tried again", { waitMs, error: errorText(error) });
      metrics.errors.add(1, { kind: "Pass" });
      if (!lasting.includes(keyOf(pipeline.metadata))) continue;
      const why = `the operator fails again and again: ${errorText(error)}`;
      await reconciler.tellFailure(pipeline, why, signal).catch((error) => {
        log.warn("not told in the status", { error: errorText(error) });
      });
    }
  }

  #reconciler(): Reconciler {
    const { cluster, limits, metrics, now, randomBytes, wallClock } = this.options;
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
    return new Reconciler({
      ...this.options,
      now: wallClock,
      limits,
      observed: this.view,
      applier,
      unborn: new Unborn(now),
      credentials: new Credentials({
        ...secrets,
        name: CREDENTIALS,
        keys: CREDENTIAL_KEYS,
        transient: false,
        opens: () => lockedVolumes(this.view),
      }),
      surroundings: new SurroundingsView({
        ...this.options,
        namedSecrets: new NamedSecrets({ cluster, events: this.events }),
        monitored: () => this.view.monitored(),
      }),
      securing: new Securing({
        observed: this.view,
        now: wallClock,
        certificates: new Certificates({
          ...secrets,
          now: wallClock,
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
      blind: () => this.#unseen(),
      onComponents: (components, { renewedAt }) => {
        for (const { name, state } of components) {
          if (state === "off") metrics.componentReady.remove({ component: name });
          else metrics.componentReady.set(state === "ready" ? 1 : 0, { component: name });
        }
        if (renewedAt === undefined) metrics.renewal.clear();
        else metrics.renewal.set(Date.parse(renewedAt) / 1000);
      },
    });
  }

  #unseen(): string[] {
    const problems = new Map(this.view.problems().map((text) => [text.split(":")[0]!, text]));
    return this.#blind.of([...problems.keys()]).map((kind) =>
      `what is known of the cluster is old: ${problems.get(kind)}`
    );
  }

  /** The status that was last written of the Pipeline that is run. */
  status(): { pipeline: KubernetesObject; status: PipelineStatus } | undefined {
    const [pipeline] = this.view.pipelines();
    return pipeline && { pipeline, status: (pipeline.status ?? {}) as PipelineStatus };
  }
}
