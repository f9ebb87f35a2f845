/** Longest wait of one timer, milliseconds: the runtime fires at once for what is longer, 24.8 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Calls `run` once after `ms` milliseconds, however long that is, unless the result is called before. */
export function after(ms: number, run: () => void): () => void {
  let left = ms;
  let timer: ReturnType<typeof setTimeout>;
  const start = () => {
    const wait = Math.min(left, MAX_TIMER_MS);
    left -= wait;
    timer = setTimeout(left > 0 ? start : run, wait);
  };
  start();
  return () => clearTimeout(timer);
}

/** Calls `run` every `ms` milliseconds, however long that is, until the result is called. */
export function every(ms: number, run: () => void): () => void {
  let cancel = () => {};
  const next = () => {
    cancel = after(ms, () => {
      next();
      run();
    });
  };
  next();
  return () => cancel();
}

/** Resolves after `ms` milliseconds; rejects with the signal's reason when it is aborted first. */
export function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      cancel();
      reject(signal.reason);
    };
    const cancel = after(ms, () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/** Resolves when the signal is aborted; never rejects. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** What `work` resolves to, or a rejection with the signal's reason; for work that cannot be told to stop, and goes on. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => {});
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => {});
  const onAbort = () => stopped.reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([stopped.promise, work]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Whether `work` resolved within `ms` milliseconds; rejects with it. */
export async function settledWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const timeout = Promise.withResolvers<false>();
  const cancel = after(ms, () => timeout.resolve(false));
  try {
    return await Promise.race([work.then(() => true), timeout.promise]);
  } finally {
    cancel();
  }
}

export interface BackoffOptions {
  /** First upper bound in milliseconds. Default 200. */
  base?: number;
  /** Largest upper bound in milliseconds. Default 15,000. */
  cap?: number;
  /** Uniform in [0, 1). */
  random: () => number;
}

/**
 * Milliseconds to wait before attempt `attempt` (0 for the first retry): "equal jitter", between half of and the whole
 * exponentially growing bound, so that many clients do not come back in step and none comes back at once.
 *
 * Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
 */
export function backoff(attempt: number, { base = 200, cap = 15_000, random }: BackoffOptions): number {
  const bound = Math.min(cap, base * 2 ** Math.min(attempt, 30));
  return bound / 2 + random() * bound / 2;
}

/** Tells a cancelled wait from a failure. */
export function isAbort(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted &&
    (error === signal.reason || (error instanceof Error && error.name === "AbortError"));
}

/**
 * Runs `work` with a signal that is aborted with `signal`, or after `ms` milliseconds with an error that says so.
 *
 * @example
 * ```ts
 * const answer = await inTime(2000, signal, (either) => fetch(url, { signal: either }));
 * ```
 */
export async function inTime<T>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const cancel = after(ms, () => late.abort(new Error(`no answer in ${ms / 1000} s`)));
  using either = firstOf(signal, late.signal);
  try {
    return await work(either.signal);
  } finally {
    cancel();
  }
}

/**
 * A signal that is aborted with the first of several that is, until it is disposed of. In place of `AbortSignal.any`,
 * whose result Deno 2.6 collects as garbage while listeners, or a fetch, wait for it: they then wait for ever.
 *
 * @example
 * ```ts
 * using either = firstOf(signal, deadline.signal);
 * await delay(1000, either.signal);
 * ```
 */
export function firstOf(...sources: AbortSignal[]): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const listeners = sources.map((source) => {
    const listener = () => controller.abort(source.reason);
    if (source.aborted) listener();
    else source.addEventListener("abort", listener, { once: true });
    return () => source.removeEventListener("abort", listener);
  });
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => listeners.forEach((remove) => remove()),
  };
}
