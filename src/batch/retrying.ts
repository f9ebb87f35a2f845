import type { Logger } from "../telemetry/log.ts";
import { backoff, delay } from "../wait.ts";

/** Tries of one request, over about 20 seconds. */
const ATTEMPTS = 7;

export interface RetryOptions {
  log: Logger;
  /** Whether a request that failed so may succeed later. */
  transient(error: unknown): boolean;
  /** What an error says, for people. */
  text(error: unknown): string;
  /** Uniform in [0, 1). */
  random: () => number;
}

/** Makes a function that runs a request again, up to six times with growing pauses, and then fails as it did. */
export const retrying =
  ({ log, random, text, transient }: RetryOptions, signal: AbortSignal) =>
  async <T>(work: () => Promise<T>): Promise<T> => {
    for (let attempt = 0;; attempt++) {
      signal.throwIfAborted();
      try {
        return await work();
      } catch (error) {
        if (attempt === ATTEMPTS - 1 || !transient(error)) throw error;
        log.warn("the store did not answer, trying again", { error: text(error) });
        await delay(backoff(attempt, { base: 500, cap: 8000, random }), signal);
      }
    }
  };
