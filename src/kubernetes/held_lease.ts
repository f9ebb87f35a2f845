import { errorText } from "../telemetry/log.ts";
import { delay, firstOf } from "../async/wait.ts";
import { ClusterError, type KubernetesObject } from "./cluster.ts";
import type { Filled } from "./lease_options.ts";

/** The part of a `coordination.k8s.io/v1` Lease that says who holds it. */
interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  leaseTransitions?: number;
}

const KIND = { apiVersion: "coordination.k8s.io/v1", kind: "Lease" };

/** One candidate's view of a Lease: takes it, renews it, gives it back. */
export class HeldLease {
  readonly #options: Filled;
  /** As last read or written; its resourceVersion guards the next write. */
  #object: KubernetesObject | undefined;
  /** What was seen last of another holder, and when by our clock. */
  #seen: { record: string; at: number } | undefined;
  /** When the last acknowledged write was sent: others count from later than that. */
  #renewedAt = 0;

  constructor(options: Filled) {
    this.#options = options;
  }

  /** Resolves to true when the lease is ours, to false when the candidate is stopped. */
  async acquire(): Promise<boolean> {
    const { log, random, retryEvery, signal } = this.#options;
    let told = "";
    while (!signal.aborted) {
      try {
        const holder = await this.#tryAcquire();
        if (holder === undefined) {
          if (!signal.aborted) return true;
          await this.release();
          return false;
        }
        if (holder !== told) log.info("stands by", { leader: told = holder });
      } catch (error) {
        // Repeating it every second while the server is away would say nothing new.
        const text = errorText(error);
        if (!signal.aborted && text !== told) log.warn("the lease cannot be had", { error: told = text });
      }
      // Candidates that start together must not ask together for ever.
      await delay(retryEvery * (0.8 + 0.4 * random()), signal).catch(() => {});
    }
    return false;
  }

  /** Renews until told to stop (resolves to undefined) or until the lease is lost (resolves to why). */
  async renew(until: AbortSignal): Promise<string | undefined> {
    const { log, now, renewDeadline, renewEvery, retryEvery } = this.#options;
    let wait = renewEvery;
    while (true) {
      try {
        await delay(Math.min(wait, this.#left()), until);
      } catch {
        return undefined;
      }
      if (this.#left() <= 0) return `not renewed for ${renewDeadline / 1000} s`;
      const sent = now();
      try {
        // Short enough for another attempt before it is too late: over a new connection, if this one is dead.
        const holder = await this.#write(this.#ours(), Math.min(renewEvery / 2, this.#left()));
        if (holder !== undefined) return `${holder} holds the lease`;
        this.#renewedAt = sent;
        wait = renewEvery;
      } catch (error) {
        log.warn("the lease was not renewed", { leftMs: Math.round(this.#left()), error: errorText(error) });
        wait = retryEvery;
      }
    }
  }

  /** Gives the lease back, so that a successor need not wait for its end. Never rejects. */
  async release(): Promise<void> {
    const { log, renewEvery } = this.#options;
    // Without a holder: an empty one is not valid.
    const { leaseTransitions = 0 } = this.#spec();
    try {
      await this.#write({ leaseDurationSeconds: 1, leaseTransitions, renewTime: this.#time() }, renewEvery);
    } catch (error) {
      log.warn("the lease was not given back; the next leader waits for its end", {
        error: errorText(error),
      });
    }
  }

  /** Resolves to undefined when the lease is ours, else to its holder. */
  async #tryAcquire(): Promise<string | undefined> {
    const { cluster, duration, identity, name, namespace, now, renewEvery, signal } = this.#options;
    const look = (until: AbortSignal) => cluster.get({ ...KIND, namespace, name }, until);
    const object = await inTime(renewEvery, look, signal);
    this.#object = object;
    const { holderIdentity, ...spec } = this.#spec();
    if (holderIdentity && holderIdentity !== identity) {
      const record = JSON.stringify({ holderIdentity, ...spec });
      if (this.#seen?.record !== record) this.#seen = { record, at: now() };
      const length = (spec.leaseDurationSeconds ?? duration / 1000) * 1000;
      if (now() - this.#seen.at < length) return holderIdentity;
    }
    const sent = now();
    const holder = await this.#write({
      ...this.#ours(),
      acquireTime: this.#time(),
      leaseTransitions: object === undefined ? 0 : (spec.leaseTransitions ?? 0) + 1,
    }, renewEvery);
    if (holder === undefined) this.#renewedAt = sent;
    return holder;
  }

  /** Milliseconds until the work has to stop. */
  #left(): number {
    const { now, renewDeadline } = this.#options;
    return this.#renewedAt + renewDeadline - now();
  }

  #ours(): LeaseSpec {
    const { duration, identity } = this.#options;
    return {
      ...this.#spec(),
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(duration / 1000),
      renewTime: this.#time(),
    };
  }

  #spec(): LeaseSpec {
    return (this.#object?.spec ?? {}) as LeaseSpec;
  }

  /** Microseconds, as the API wants them. */
  #time(): string {
    return new Date(this.#options.wallClock()).toISOString().replace("Z", "000Z");
  }

  /**
   * Writes the lease if it is still as we know it. Resolves to undefined when it was written, else to who has it.
   * Not ended by the candidate's signal: whether a write that was cut off took place, nobody would know.
   */
  async #write(spec: LeaseSpec, ms: number): Promise<string | undefined> {
    const { cluster, identity, name, namespace } = this.#options;
    const wanted = {
      ...this.#object,
      ...KIND,
      metadata: this.#object?.metadata ?? { name, namespace },
      spec,
    };
    const store = this.#object === undefined ? cluster.create : cluster.replace;
    try {
      this.#object = await inTime(ms, (signal) => store.call(cluster, wanted, signal));
      return undefined;
    } catch (error) {
      // Someone deleted it: the next attempt makes it anew.
      if (error instanceof ClusterError && error.status === 404) this.#object = undefined;
      if (!(error instanceof ClusterError) || error.status !== 409) throw error;
      const object = await inTime(ms, (signal) => cluster.get({ ...KIND, namespace, name }, signal));
      this.#object = object;
      const { holderIdentity } = this.#spec();
      // Still ours: an answer that was lost, or someone annotated it. The next attempt has the new version.
      if (holderIdentity === identity) throw error;
      return holderIdentity ?? "nobody";
    }
  }
}

/** Runs a request that is given up after `ms` or with `until`, even if it does not heed its signal. */
async function inTime<T>(
  ms: number,
  request: (signal: AbortSignal) => Promise<T>,
  until: AbortSignal = new AbortController().signal,
): Promise<T> {
  const given = new AbortController();
  using either = firstOf(until, given.signal);
  const late = delay(ms, either.signal).then(() => {
    throw new ClusterError(`no answer in ${Math.round(ms)} ms`, { status: 0, reason: "Timeout" });
  });
  try {
    return await Promise.race([request(either.signal), late]);
  } finally {
    late.catch(() => {});
    given.abort();
  }
}
