import { errorText, type Logger } from "../telemetry/log.ts";
import type { Counter, MetricRegistry } from "../telemetry/metrics.ts";
import { backoff, delay, firstOf } from "../async/wait.ts";
import {
  type Cluster,
  ClusterError,
  keyOf,
  type KindRef,
  type KubernetesObject,
  WATCH_SECONDS,
} from "./cluster.ts";

/** The counter that all caches of a process share; label: kind. */
export function watchRestarts(registry: MetricRegistry): Counter {
  return registry.counter(
    "finnhub_pipe_operator_watch_restarts_total",
    "Watches started again after an error or silence, by kind",
  );
}

export interface ObjectCacheOptions {
  cluster: Cluster;
  kind: KindRef;
  /** Default: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  /** Called for each change, with undefined when the object is gone; must not throw. See {@linkcode keyOf}. */
  onChange(key: string, object: KubernetesObject | undefined): void;
  restarts: Counter;
  log: Logger;
  /** Uniform in [0, 1). */
  random(): number;
  /** Monotonic milliseconds. */
  now(): number;
  /**
   * Milliseconds without any event, bookmarks included, after which a watch counts as dead. Default: half a minute more
   * than the server lets it last.
   */
  silence?: number;
}

/** Failures in a row from which on each is a warning; a single one is every restart of the API server. */
const LOUD = 3;

/** Milliseconds that a watch lives when all is well; one that fails sooner is tried again more and more slowly. */
const SOUND = 10_000;

/** Milliseconds within which a watch that the server ends without a word counts as failed. */
const BRIEF = 1_000;

/** The objects of one kind as the server has them: listed once, then watched for as long as it runs. */
export class ObjectCache {
  readonly #options: Required<Pick<ObjectCacheOptions, "silence">> & ObjectCacheOptions;
  readonly #objects = new Map<string, KubernetesObject>();
  #synced = pending();
  #begun = false;
  /** From where to watch; undefined when a list is needed. */
  #version: string | undefined;
  #problem: string | undefined;

  constructor(options: ObjectCacheOptions) {
    this.#options = { silence: (WATCH_SECONDS + 30) * 1000, ...options };
  }

  /**
   * Resolves when the first list since `run` was called is in; rejects with the signal's reason when that is stopped
   * before.
   */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  /** Why the cache may be behind; undefined while it follows the server. */
  get problem(): string | undefined {
    return this.#problem;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): KubernetesObject | undefined {
    return this.#objects.get(key);
  }

  values(): IterableIterator<KubernetesObject> {
    return this.#objects.values();
  }

  /**
   * Follows the server until the signal is aborted; resolves then. Never rejects. May be called again after that: it
   * begins with a list, so that nothing is believed that was seen before.
   */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#begun) this.#synced = pending();
    this.#begun = true;
    this.#version = undefined;
    const { log, now, random, restarts, kind: { kind } } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      const started = now();
      try {
        const events = await this.#follow(signal);
        if (events === 0 && now() - started < BRIEF) throw new Error("the server ends watches at once");
        failures = 0;
      } catch (error) {
        if (signal.aborted) break;
        failures = now() - started > SOUND ? 1 : failures + 1;
        this.#version = undefined;
        this.#problem = `${kind}: ${errorText(error)}`;
        restarts.add(1, { kind });
        const waitMs = Math.round(pause(error, failures, random));
        log[failures < LOUD ? "info" : "warn"]("watch restarts", {
          kind,
          failures,
          waitMs,
          error: errorText(error),
        });
        await delay(waitMs, signal).catch(() => {});
      }
    }
    this.#synced.reject(signal.reason);
  }

  /** Lists unless the last watch ended well, then watches until the server ends it. Resolves to the number of events. */
  async #follow(signal: AbortSignal): Promise<number> {
    const { cluster, kind, labelSelector, namespace, silence } = this.#options;
    const scope = {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
    };
    if (this.#version === undefined) {
      const { items, resourceVersion } = await cluster.list(kind, { ...scope, signal });
      this.#replace(items);
      this.#version = resourceVersion;
      this.#problem = undefined;
      this.#synced.resolve();
    }
    let seen = 0;
    using watchdog = new Watchdog(silence);
    using until = firstOf(signal, watchdog.signal);
    for await (
      const { object, type } of cluster.watch(kind, {
        ...scope,
        resourceVersion: this.#version,
        signal: until.signal,
      })
    ) {
      watchdog.feed();
      seen++;
      if (type === "DELETED") this.#remove(keyOf(object.metadata));
      else if (type !== "BOOKMARK") this.#put(object);
      this.#version = object.metadata.resourceVersion ?? this.#version;
    }
    return seen;
  }

  #replace(items: KubernetesObject[]): void {
    const listed = new Set(items.map(({ metadata }) => keyOf(metadata)));
    for (const key of [...this.#objects.keys()]) if (!listed.has(key)) this.#remove(key);
    for (const item of items) this.#put(item);
  }

  #put(object: KubernetesObject): void {
    const key = keyOf(object.metadata);
    const known = this.#objects.get(key);
    if (known !== undefined && known.metadata.resourceVersion === object.metadata.resourceVersion) return;
    this.#objects.set(key, object);
    this.#options.onChange(key, object);
  }

  #remove(key: string): void {
    if (this.#objects.delete(key)) this.#options.onChange(key, undefined);
  }
}

/** Whoever does not wait for it is not ended by its rejection. */
function pending(): PromiseWithResolvers<void> {
  const resolvers = Promise.withResolvers<void>();
  resolvers.promise.catch(() => {});
  return resolvers;
}

/** Milliseconds before the next attempt; none after the first 410, which only says that a list is due. */
function pause(error: unknown, failures: number, random: () => number): number {
  const { retryAfter = 0, status } = error instanceof ClusterError ? error : {};
  return status === 410 && failures === 1 ? 0 : Math.max(retryAfter, backoff(failures - 1, { random }));
}

/** Aborts its signal when it was not fed for a while. */
class Watchdog implements Disposable {
  readonly #controller = new AbortController();
  readonly #ms: number;
  #timer: number | undefined;

  constructor(ms: number) {
    this.#ms = ms;
    this.feed();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  feed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const message = `the watch was silent for ${this.#ms / 1000} s`;
      this.#controller.abort(new ClusterError(message, { status: 0, reason: "Silence" }));
    }, this.#ms);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
