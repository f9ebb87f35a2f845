import type { ObjectCache } from "../../kubernetes/cache.ts";
import type { Cluster, KubernetesObject } from "../../kubernetes/cluster.ts";
import { errorText, type Logger } from "../../telemetry/log.ts";
import { delay, firstOf } from "../../async/wait.ts";
import { OPTIONAL_GROUP, type OptionalKind } from "./observed.ts";

/** How often it is asked whether the cluster has the kinds, milliseconds. */
const LOOK_MS = 30_000;

/** Follows kinds of an API group that a cluster may have, or get, or lose: those of the Prometheus operator. */
export class OptionalKinds {
  #seen = false;

  constructor(
    readonly options: {
      cluster: Cluster;
      caches: ReadonlyMap<OptionalKind, ObjectCache>;
      onChange(): void;
      log: Logger;
    },
  ) {}

  /** Whether the cluster has the kinds, and what there is of them was seen. */
  get seen(): boolean {
    return this.#seen;
  }

  /** None while the kinds are not seen: what a cache knew then is nothing to act on. */
  list(kind: OptionalKind): KubernetesObject[] {
    return this.#seen ? [...this.options.caches.get(kind)!.values()] : [];
  }

  get(kind: OptionalKind, key: string): KubernetesObject | undefined {
    return this.#seen ? this.options.caches.get(kind)!.get(key) : undefined;
  }

  /** Follows them until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { cluster, log } = this.options;
    let following: { stop: AbortController; done: Promise<void> } | undefined;
    while (!signal.aborted) {
      try {
        const served = await cluster.serves(OPTIONAL_GROUP, signal);
        if (served) following ??= this.#follow(signal);
        else if (following) {
          following.stop.abort();
          await following.done;
          following = undefined;
        }
      } catch (error) {
        if (!signal.aborted) {
          log.info("not asked for kinds", { group: OPTIONAL_GROUP, error: errorText(error) });
        }
      }
      await delay(LOOK_MS, signal).catch(() => {});
    }
    await following?.done;
  }

  #follow(signal: AbortSignal): { stop: AbortController; done: Promise<void> } {
    const { caches, onChange } = this.options;
    const stop = new AbortController();
    const either = firstOf(signal, stop.signal);
    const running = [...caches.values()].map((cache) => cache.run(either.signal));
    Promise.all([...caches.values()].map((cache) => cache.synced)).then(() => {
      this.#seen = !either.signal.aborted;
      onChange();
    }, () => {});
    const done = Promise.all(running).then(() => {
      this.#seen = false;
      either[Symbol.dispose]();
      onChange();
    });
    return { stop, done };
  }
}
