import { type AvroMessage, decodeMessage, MessageError } from "./message.ts";
import { judgedAt } from "./message_time.ts";
import type { SeenTrade } from "./reader.ts";
import { conditionCodes, tradeFault } from "./trade.ts";

/**
 * The good trades of a message, to be shown as they come: those that the processor stores.
 *
 * @param timestamp the message's own, milliseconds
 */
export function goodTrades({ data }: AvroMessage, timestamp: number): SeenTrade[] {
  const judged = judgedAt(timestamp);
  return data.filter(({ p, s, t, v }) => tradeFault(s, p, v, t, judged) === undefined)
    .map(({ c, p, s, t, v }) => ({
      symbol: s,
      time: t,
      price: p,
      volume: v,
      conditions: conditionCodes(c).codes,
    }));
}

/** The good trades of a value that this version has written; none where it is no message. */
export function seenTrades(value: Uint8Array | null, timestamp: number): SeenTrade[] {
  try {
    return goodTrades(decodeMessage(value), timestamp);
  } catch (error) {
    if (error instanceof MessageError) return [];
    throw error;
  }
}
