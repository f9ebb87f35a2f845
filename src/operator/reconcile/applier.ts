import { type Cluster, ClusterError, keyOf, type KubernetesObject } from "../../kubernetes/cluster.ts";
import type { Counter } from "../../telemetry/metrics.ts";
import { errorText, type Logger } from "../../telemetry/log.ts";
import { backoff } from "../../async/wait.ts";
import { difference } from "./drift.ts";
import { APPLIED_HASH } from "../names.ts";
import { isOurs, notOurs } from "./ownership.ts";
import { hash } from "../hash.ts";

export interface ApplierOptions {
  cluster: Cluster;
  log: Logger;
  /** Monotonic milliseconds. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
  repairs: Counter;
  errors: Counter;
  /** Told of each conflict and repair, for an Event. */
  onRepair(object: KubernetesObject, reason: "DriftRepaired" | "FieldConflict", text: string): void;
}

/** Why an object is to be applied: it is not there, it is wanted otherwise than before, or somebody changed it. */
export type Staleness = { why: "missing" | "changed" } | { why: "drift"; path: string };

interface Returned {
  /** The resource version before. */
  before: string | undefined;
  object: KubernetesObject;
  /** Until when it counts. An object that was made and deleted between two looks at the cache left no trace there. */
  until: number;
}

interface Failure {
  /** A hash of what was tried: another wish is tried at once. */
  wish: string;
  attempts: number;
  /** When the next attempt is due. */
  due: number;
  error: ClusterError;
}

const BACKOFF_BASE_MS = 500;
const BACKOFF_LIMIT_MS = 60_000;
/** How long an apply's answer is believed before the cache that does not show it, milliseconds. */
const CACHE_LAG_MS = 5_000;

/** Applies objects that are not as wanted, and no others; backs off from those that the server does not take. */
export class Applier {
  readonly #failures = new Map<string, Failure>();
  /** What an apply returned, until the cache shows something newer than before it, or should have. */
  readonly #returned = new Map<string, Returned>();
  /** Objects that do not become what is applied, by what was applied to what: not tried twice. */
  readonly #stubborn = new Map<string, string>();

  constructor(readonly options: ApplierOptions) {}

  /** Whether an object needs to be applied, and why; undefined when all is as wanted. */
  staleness(wanted: KubernetesObject, cached: KubernetesObject | undefined): Staleness | undefined {
    const live = this.#newest(wanted, cached);
    if (live === undefined || live.metadata.deletionTimestamp !== undefined) return { why: "missing" };
    if (live.metadata.annotations?.[APPLIED_HASH] !== hash(wanted) && ownsWhole(wanted)) {
      return { why: "changed" };
    }
    const path = difference(wanted, live);
    if (path === undefined) this.#failures.delete(nameOf(wanted));
    if (path === undefined || this.#stubborn.get(nameOf(wanted)) === attemptOf(wanted, live)) {
      return undefined;
    }
    return { why: "drift", path };
  }

  /**
   * Applies one object. While its back-off lasts nothing is sent, and the last attempt's error holds.
   *
   * @throws {ClusterError} with reason `NotOurs` when somebody else has an object of that name
   */
  async apply(
    wanted: KubernetesObject,
    cached: KubernetesObject | undefined,
    stale: Staleness,
    signal: AbortSignal,
  ): Promise<void> {
    const key = nameOf(wanted);
    const wish = hash(wanted);
    const known = this.#failures.get(key);
    const failure = known?.wish === wish ? known : undefined;
    if (failure && this.options.now() < failure.due) throw failure.error;
    const marked = ownsWhole(wanted) ? withHash(wanted) : wanted;
    try {
      // What is cached bears our label.
      if (cached === undefined) await this.#assertOurs(marked, signal);
      const object = await this.#apply(marked, cached === undefined, signal);
      this.#failures.delete(key);
      const until = this.options.now() + CACHE_LAG_MS;
      this.#returned.set(key, { before: cached?.metadata.resourceVersion, object, until });
      if (stale.why === "drift") this.#repaired(wanted, object, stale.path);
      this.options.log.info("applied", {
        object: key,
        why: stale.why,
        ...("path" in stale ? { field: stale.path } : {}),
      });
    } catch (error) {
      if (!(error instanceof ClusterError) || error.status === 0) throw error;
      const attempts = (failure?.attempts ?? 0) + 1;
      const wait = backoff(attempts - 1, {
        base: BACKOFF_BASE_MS,
        cap: BACKOFF_LIMIT_MS,
        random: this.options.random,
      });
      this.#failures.set(key, { wish, attempts, due: this.options.now() + wait, error });
      this.options.errors.add(1, { kind: wanted.kind });
      this.options.log.warn("not applied", {
        object: key,
        attempts,
        waitMs: Math.round(wait),
        error: errorText(error),
      });
      throw error;
    }
  }

  /** How many objects wait for another attempt. */
  get failing(): number {
    return this.#failures.size;
  }

  /**
   * Milliseconds until the next attempt after a failure, or the next look for what was applied, is due; undefined when
   * none is to come by itself.
   */
  nextAttempt(): number | undefined {
    const now = this.options.now();
    const failures = [...this.#failures.values()].map(({ due }) => due);
    const returned = [...this.#returned.values()].map(({ until }) => until);
    // One that is overdue was not tried in this pass: it waits for something else, which will wake the operator.
    const dues = [...failures, ...returned].filter((due) => due > now);
    return dues.length === 0 ? undefined : Math.min(...dues) - now;
  }

  /** Forgets objects that are no longer wanted. */
  keepOnly(wanted: readonly KubernetesObject[]): void {
    const names = new Set(wanted.map(nameOf));
    for (const known of [this.#failures, this.#returned]) {
      for (const name of [...known.keys()]) if (!names.has(name)) known.delete(name);
    }
  }

  #newest(wanted: KubernetesObject, cached: KubernetesObject | undefined): KubernetesObject | undefined {
    const key = nameOf(wanted);
    const returned = this.#returned.get(key);
    if (!returned) return cached;
    const behind = cached?.metadata.resourceVersion === returned.before;
    if (behind && this.options.now() < returned.until) return returned.object;
    this.#returned.delete(key);
    return cached;
  }

  async #assertOurs(wanted: KubernetesObject, signal: AbortSignal): Promise<void> {
    const { apiVersion, kind, metadata } = wanted;
    const found = await this.options.cluster.get({ apiVersion, kind, ...metadata }, signal);
    if (found === undefined || isOurs(found, wanted)) return;
    throw new ClusterError(notOurs(wanted), { status: 409, reason: "NotOurs" });
  }

  async #apply(object: KubernetesObject, unseen: boolean, signal: AbortSignal): Promise<KubernetesObject> {
    try {
      return await this.options.cluster.apply(object, { signal });
    } catch (error) {
      if (!(error instanceof ClusterError) || error.status !== 409) throw error;
      // Somebody may have made theirs in this moment.
      if (unseen) await this.#assertOurs(object, signal);
      // Someone else set a field that is the operator's. A field that it does not set is anyone's to have.
      this.options.onRepair(object, "FieldConflict", `taken back from another manager: ${errorText(error)}`);
      return await this.options.cluster.apply(object, { force: true, signal });
    }
  }

  #repaired(wanted: KubernetesObject, object: KubernetesObject, path: string): void {
    const still = difference(wanted, object);
    if (still === undefined) {
      this.options.repairs.add(1, { kind: wanted.kind });
      this.options.onRepair(
        wanted,
        "DriftRepaired",
        `${path} was changed by another hand and is as wanted again`,
      );
      return;
    }
    this.#stubborn.set(nameOf(wanted), attemptOf(wanted, object));
    this.options.log.warn("a field does not become what is applied", {
      object: nameOf(wanted),
      field: still,
    });
  }
}

const nameOf = (object: KubernetesObject): string => `${object.kind} ${keyOf(object.metadata)}`;

/** Of a volume claim only the size is applied: it is the StatefulSet's, and bears no mark. */
const ownsWhole = ({ kind }: KubernetesObject): boolean => kind !== "PersistentVolumeClaim";

function withHash(object: KubernetesObject): KubernetesObject {
  const annotations = { ...object.metadata.annotations, [APPLIED_HASH]: hash(object) };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** Same for the same wish upon the same spec: status changes make no difference. */
function attemptOf(wanted: KubernetesObject, { metadata }: KubernetesObject): string {
  return `${hash(wanted)} ${metadata.generation ?? metadata.resourceVersion}`;
}
