import { type AvroMessage, decodeMessage, MessageError } from "./message.ts";
import type { SeenTrade } from "./reader.ts";
import { conditionCodes, tradeFault } from "./trade.ts";

/** The good trades of a message, to be shown as they come. */
export const goodTrades = ({ data }: AvroMessage, nowMs: number): SeenTrade[] =>
  data.filter(({ p, s, t, v }) => tradeFault(s, p, v, t, nowMs) === undefined)
    .map(({ c, p, s, t, v }) => ({
      symbol: s,
      time: t,
      price: p,
      volume: v,
      conditions: conditionCodes(c).codes,
    }));

/** The good trades of a value that this version has written; none where it is no message. */
export function seenTrades(value: Uint8Array | null, nowMs: number): SeenTrade[] {
  try {
    return goodTrades(decodeMessage(value), nowMs);
  } catch (error) {
    if (error instanceof MessageError) return [];
    throw error;
  }
}
