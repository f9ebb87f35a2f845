import { delay } from "../async/wait.ts";
import type { SqliteStore } from "./store.ts";

const EVERY_MS = 60_000;

/**
 * Removes raw trades that were taken longer than `keep` milliseconds ago, until the signal is aborted.
 * Measured by the clock: what a replay brings from years ago is kept as long as anything else.
 */
export async function forgetOldTrades(
  store: SqliteStore,
  keep: number,
  now: () => number,
  signal: AbortSignal,
): Promise<void> {
  while (keep > 0 && !signal.aborted) {
    store.forgetTrades(now() - keep);
    await delay(EVERY_MS, signal).catch(() => {});
  }
}
