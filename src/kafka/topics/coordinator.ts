import { delay } from "../../async/wait.ts";
import { kafkaErrorCode } from "../answers.ts";

/**
 * What is answered while a group's coordinator is made, loaded or moved, as in the first seconds of a new cluster:
 * COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE and NOT_COORDINATOR.
 */
const MOVING = [14, 15, 16];
const PAUSE_MS = 250;
const ATTEMPTS = 120;

/**
 * Asks again for half a minute while a group's coordinator is on the move: kafkajs 2.2.4 finds it and asks it in two requests, and
 * repeats only the first (as Kafka's own client did, KAFKA-8341).
 *
 * @param pause milliseconds between two attempts
 */
export async function askCoordinator<Answer>(
  ask: () => Promise<Answer>,
  signal: AbortSignal,
  pause = PAUSE_MS,
): Promise<Answer> {
  for (let attempt = 1;; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === ATTEMPTS || !MOVING.includes(kafkaErrorCode(error) ?? 0)) throw error;
    }
    await delay(pause, signal);
  }
}
