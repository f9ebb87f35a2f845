import { delay } from "../../async/wait.ts";

/**
 * Lets one loop sleep until something changed. Changes that come close together are one: a loop that works through all
 * of them one after the other never does the same thing twice at once.
 */
export class Wakeup {
  #woken = Promise.withResolvers<void>();

  /** @param quiet Milliseconds to wait after the first change for those that follow it. */
  constructor(readonly quiet = 100) {}

  wake(): void {
    this.#woken.resolve();
  }

  /** Resolves after a change, or after `timeout` milliseconds; rejects with the signal's reason. */
  async next(timeout: number, signal: AbortSignal): Promise<void> {
    const waiting = new AbortController();
    const stop = () => waiting.abort(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener("abort", stop, { once: true });
    try {
      await Promise.race([this.#woken.promise, delay(timeout, waiting.signal)]);
    } finally {
      signal.removeEventListener("abort", stop);
      waiting.abort(signal.reason);
    }
    await delay(this.quiet, signal);
    this.#woken = Promise.withResolvers();
  }
}
