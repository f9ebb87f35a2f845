import { delay } from "../../async/wait.ts";
import { kafkaErrorCode } from "../answers.ts";

/** Kafka's codes for a topic that a broker does not know, and for one whose partitions it knows no leader of. */
const NOT_LEARNT = [3, 5];
const PAUSE_MS = 100;
const LOOKS = 100;

/**
 * Asks about a topic that was made, again and again for ten seconds while the broker does not know it. In KRaft mode each broker
 * learns of it by itself, and the one that is asked may be the last.
 */
export async function onceLearnt<T>(ask: () => Promise<T>): Promise<T> {
  for (let looks = 1;; looks++) {
    try {
      return await ask();
    } catch (error) {
      if (!NOT_LEARNT.includes(kafkaErrorCode(error) ?? 0) || looks === LOOKS) throw error;
      await delay(PAUSE_MS, new AbortController().signal);
    }
  }
}
