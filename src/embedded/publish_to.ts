import type { TradeHub } from "../market/live_trades.ts";
import { seenTrades } from "../market/seen_trades.ts";
import type { OutgoingMessage } from "../publishing/outgoing_message.ts";
import { errorText, type Logger } from "../telemetry/log.ts";
import { backoff, delay } from "../async/wait.ts";
import type { EmbeddedLog } from "./log.ts";

/**
 * Sends to an embedded log and, when it has the messages, to those who follow trades live. As with brokers, a log that takes
 * nothing (a full disk) is tried until it does; rejects only when the signal is aborted.
 */
export function publishTo(log: EmbeddedLog, hub: TradeHub, logger: Logger, random: () => number) {
  return async (_topic: string, messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<void> => {
    const appends = messages.map(({ key, timestamp, value }) => ({
      key: key ?? "",
      value: value ?? new Uint8Array(),
      timestamp: timestamp ?? 0,
    }));
    for (let attempt = 0;; attempt++) {
      try {
        log.append(appends);
        break;
      } catch (error) {
        logger.warn("the log takes no messages, trying again", { error: errorText(error) });
        await delay(backoff(attempt, { random }), signal);
      }
    }
    for (const { key, timestamp, value } of appends) {
      const trades = seenTrades(value, timestamp);
      if (trades.length > 0) hub.publish({ symbol: key, received: timestamp, trades });
    }
    // What comes in this turn of the event loop goes together next: each append waits for the disk once.
    await delay(0, signal).catch(() => {});
  };
}
