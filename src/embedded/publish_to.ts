import type { EmbeddedLog } from "./log.ts";
import type { TradeHub } from "../market/live_trades.ts";
import { decodeMessage } from "../market/message.ts";
import { tradeFault } from "../market/trade.ts";
import { errorText, type Logger } from "../telemetry/log.ts";
import { backoff, delay } from "../wait.ts";
import type { OutgoingMessage } from "../publishing/outgoing_message.ts";

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
      const good = decodeMessage(value).data.filter(({ p, s, t, v }) => !tradeFault(s, p, v, t, timestamp));
      if (good.length === 0) continue;
      const trades = good.map(({ c, p, s, t, v }) => ({
        symbol: s,
        time: t,
        price: p,
        volume: v,
        conditions: c?.filter((code) => code !== null) ?? [],
      }));
      hub.publish({ symbol: key, received: timestamp, trades });
    }
  };
}
