import type { TradeHub } from "../market/live_trades.ts";
import { seenTrades } from "../market/seen_trades.ts";
import type { Mark, OutgoingMessage } from "../publishing/outgoing_message.ts";
import type { Logger } from "../telemetry/log.ts";
import { Trouble } from "../telemetry/trouble.ts";
import { delay } from "../async/wait.ts";
import type { EmbeddedLog } from "./log.ts";
import { untilTaken } from "./until_taken.ts";

export interface EmbeddedSenderOptions {
  embedded: EmbeddedLog;
  /** Hears of trades that the log has. */
  hub: TradeHub;
  /** Keeps how far a recording is, in the transaction that appends its messages. */
  keepMark?: ((mark: Mark) => void) | undefined;
  log: Logger;
  random: () => number;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/**
 * Sends to an embedded log and, when it has the messages, to those who follow trades live. As with brokers, a log that takes
 * nothing (a full disk) is tried until it does.
 */
export class EmbeddedSender {
  readonly #trouble: Trouble;

  constructor(readonly options: EmbeddedSenderOptions) {
    const { log, now } = options;
    this.#trouble = new Trouble({ what: "the log takes no messages", log, now });
  }

  /** Why messages wait, and since when; undefined while none has to. */
  get trouble(): string | undefined {
    return this.#trouble.reason;
  }

  /**
   * Resolves when the log has all messages but those that it resolves to, which it refuses; rejects when the signal is aborted,
   * and when the log is of no use any more.
   */
  async send(
    _topic: string,
    messages: readonly OutgoingMessage[],
    signal: AbortSignal,
  ): Promise<OutgoingMessage[]> {
    const { embedded, hub, keepMark, random } = this.options;
    const mark = messages.findLast((message) => message.mark !== undefined)?.mark;
    const appends = messages.map(({ key, timestamp, value }) => ({
      key: key ?? "",
      value: value ?? new Uint8Array(),
      timestamp: timestamp ?? 0,
    }));
    // Nothing but the append is repeated: what the log has must never be appended again.
    const refused = await untilTaken(() => embedded.append(appends, () => mark && keepMark?.(mark)), {
      random,
      signal,
      trouble: this.#trouble,
    });
    for (const [i, { key, timestamp, value }] of appends.entries()) {
      if (refused.has(i)) continue;
      const trades = seenTrades(value, timestamp);
      if (trades.length > 0) hub.publish({ symbol: key, received: timestamp, trades });
    }
    // What comes in this turn of the event loop goes together next: each append waits for the disk once.
    await delay(0, signal).catch(() => {});
    return messages.filter((_, i) => refused.has(i));
  }
}
