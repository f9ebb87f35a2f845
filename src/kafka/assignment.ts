import type { EachBatchPayload } from "kafkajs";
import { settledWithin } from "../async/wait.ts";
import { SCHEMA_HEADER } from "../market/message.ts";
import type { LogHandler, LogMessage } from "../processing/ports.ts";
import type { Logger } from "../telemetry/log.ts";
import { TRACE_HEADER } from "../telemetry/tracing.ts";
import type { FetchedMessage } from "./record_batches.ts";

/** Where a group and its log stand, by partition. */
export interface LogPositions {
  /** First offset that is not committed; negative where nothing is. */
  committed(): Promise<readonly number[]>;
  /** First offset that the log still has. */
  beginnings(): Promise<readonly number[]>;
}

export interface AssignmentOptions {
  handler: Pick<LogHandler, "process" | "lost" | "rewound">;
  /** Milliseconds between two heartbeats. */
  beat: number;
  /** Undefined for a reader that commits nothing, to whom a gap does no harm. */
  positions: LogPositions | undefined;
  /** Goes on reading a partition at an offset. */
  seek(partition: number, offset: number): void;
  log: Logger;
  signal: AbortSignal;
}

/**
 * The time between two joins of the group. What it delivers of a partition goes on without a gap from what is committed.
 *
 * kafkajs 2.2.4 joins anew, without a word before, when one of several fetches meets a leader that has moved
 * (src/consumer/consumerGroup.js, `recoverFromFetch`). Batches of other fetches are still on their way then: they start
 * beyond what is committed, and their offsets would be taken for where to go on.
 */
export class Assignment {
  readonly #next = new Map<number, number>();
  /** What is being processed, by partition. */
  readonly #underWay = new Map<number, Promise<unknown>>();
  #committed: Promise<readonly number[]> | undefined;
  #over = false;

  constructor(readonly options: AssignmentOptions) {}

  /** The group was joined anew: what is still on its way moves nothing any more. */
  end(): void {
    this.#over = true;
  }

  /**
   * Hands a batch on if it goes on where the last one ended, and keeps the group's membership alive for as long as that takes.
   * A batch that is given up because a heartbeat failed is still being processed, and may come again: that waits for it.
   */
  async deliver(payload: EachBatchPayload): Promise<void> {
    const { beat, signal } = this.options;
    const { batch, heartbeat, resolveOffset } = payload;
    let givenUp = false;
    const before = this.#underWay.get(batch.partition) ?? Promise.resolve();
    const work = before.then(() => !givenUp && this.#handOn(payload));
    this.#underWay.set(batch.partition, work.catch(() => {}));
    try {
      while (!await settledWithin(work, beat)) {
        if (signal.aborted) return;
        await heartbeat();
      }
    } catch (error) {
      givenUp = true;
      throw error;
    }
    if (!await work || this.#over) return;
    this.#next.set(batch.partition, Number(batch.lastOffset()) + 1);
    resolveOffset(batch.lastOffset());
  }

  /** Resolves to whether the batch was processed. */
  async #handOn({ batch, isRunning, isStale }: EachBatchPayload): Promise<boolean> {
    const { handler, log, seek, signal } = this.options;
    const { partition } = batch;
    const unwanted = () => signal.aborted || this.#over || !isRunning() || isStale();
    if (unwanted()) return false;
    const asked = Number((batch as typeof batch & { fetchedOffset: string }).fetchedOffset);
    const from = await this.#gapBefore(partition, asked, Number(batch.highWatermark));
    if (unwanted()) return false;
    if (from !== undefined) {
      log.info("messages that were asked for before the group was joined come again", {
        partition,
        asked,
        from,
      });
      seek(partition, from);
      return false;
    }
    const messages = (batch.messages as FetchedMessage[]).filter(({ nothing }) => !nothing).map(logMessage);
    await handler.process(partition, messages, Number(batch.highWatermark), Number(batch.lastOffset()) + 1);
    return true;
  }

  /** Where to go on instead, when messages between what was delivered and `asked` would be left out. */
  async #gapBefore(partition: number, asked: number, end: number): Promise<number | undefined> {
    const { handler, positions } = this.options;
    if (!positions) return undefined;
    const next = this.#next.get(partition) ?? (await this.#committedOnce(positions))[partition] ?? -1;
    // kafkajs begins anew where a log ends before what it asks for.
    if (asked < next) handler.rewound?.(partition, next, end);
    if (asked <= next) return undefined;
    // Nothing is committed yet, or the log has dropped what is next.
    const from = Math.max(next, (await positions.beginnings())[partition] ?? 0);
    if (asked > from) return from;
    if (next >= 0) handler.lost?.(partition, next, asked);
    return undefined;
  }

  #committedOnce(positions: LogPositions): Promise<readonly number[]> {
    this.#committed ??= positions.committed().catch((error) => {
      this.#committed = undefined;
      throw error;
    });
    return this.#committed;
  }
}

function logMessage({ headers, offset, timestamp, unreadable, value }: FetchedMessage): LogMessage {
  const message: LogMessage = { offset: Number(offset), timestamp: Number(timestamp), value };
  if (unreadable !== undefined) message.unreadable = unreadable;
  const traceparent = headers?.[TRACE_HEADER];
  if (traceparent !== undefined) message.traceparent = String(traceparent);
  const schema = headers?.[SCHEMA_HEADER];
  if (schema !== undefined) message.schema = String(schema);
  return message;
}
