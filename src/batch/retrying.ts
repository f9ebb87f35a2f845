import type { Logger } from "../telemetry/log.ts";
import { backoff, delay } from "../async/wait.ts";

/** Longest time for which one request is tried, milliseconds: a node that is moved to another machine is back by then. */
const PATIENCE_MS = 300_000;
/** Between two lines on the same outage. */
const SAY_EVERY_MS = 10_000;

export interface RetryOptions {
  log: Logger;
  /** Whether a request that failed so may succeed later. */
  transient(error: unknown): boolean;
  /** What an error says, for people. */
  text(error: unknown): string;
  /** Uniform in [0, 1). */
  random: () => number;
  /** Monotonic milliseconds. */
  now: () => number;
}

/**
 * Makes a function that repeats a failed request with growing pauses, and after five minutes rejects with its last error.
 * Requests under way at the same time share one outage in the log.
 */
export const retrying = ({ log, now, random, text, transient }: RetryOptions, signal: AbortSignal) => {
  let away: { since: number; said: boolean } | undefined;
  let lastSaid = -Infinity;
  const awayS = (since: number) => Math.round((now() - since) / 1000);
  const failed = (error: unknown) => {
    away ??= { since: now(), said: false };
    if (now() - lastSaid < SAY_EVERY_MS) return;
    lastSaid = now();
    away.said = true;
    log.warn("the store did not answer, trying again", { awayS: awayS(away.since), error: text(error) });
  };
  const answered = () => {
    if (away?.said) log.info("the store answers again", { awayS: awayS(away.since) });
    away = undefined;
  };
  return async <T>(work: () => Promise<T>): Promise<T> => {
    const began = now();
    for (let attempt = 0;; attempt++) {
      signal.throwIfAborted();
      try {
        const result = await work();
        answered();
        return result;
      } catch (error) {
        if (now() - began > PATIENCE_MS || !transient(error)) throw error;
        failed(error);
        await delay(backoff(attempt, { base: 500, cap: 5000, random }), signal);
      }
    }
  };
};
