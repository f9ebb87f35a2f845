import { backoff, delay } from "../async/wait.ts";
import type { Trouble } from "../telemetry/trouble.ts";
import { sqliteAnswer } from "./answers.ts";

export interface UntilTakenOptions {
  trouble: Trouble;
  random: () => number;
  signal: AbortSignal;
}

/**
 * Runs `work` until SQLite takes it, such as while a disk is full. What cannot pass by itself is thrown, and the signal's reason
 * when it is aborted.
 */
export async function untilTaken<T>(
  work: () => T,
  { random, signal, trouble }: UntilTakenOptions,
): Promise<T> {
  for (let attempt = 0;; attempt++) {
    try {
      const result = work();
      trouble.over();
      return result;
    } catch (error) {
      const { answer, remedy } = sqliteAnswer(error);
      if (answer !== "again") throw error;
      trouble.happened(error, remedy);
      await delay(backoff(attempt, { cap: 3000, random }), signal);
    }
  }
}
