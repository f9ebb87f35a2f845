import { decodeMessage, MessageError } from "./message.ts";
import type { SeenTrade } from "./reader.ts";
import { tradeFault } from "./trade.ts";

/**
 * The good trades of a message, to be shown as they come; none where it is no message.
 *
 * @param schema names the schema that it was written with; ours when absent
 */
export function seenTrades(value: Uint8Array | null, nowMs: number, schema?: string): SeenTrade[] {
  try {
    return decodeMessage(value, schema).data
      .filter(({ p, s, t, v }) => tradeFault(s, p, v, t, nowMs) === undefined)
      .map(({ c, p, s, t, v }) => ({
        symbol: s,
        time: t,
        price: p,
        volume: v,
        conditions: c?.filter((code) => code !== null) ?? [],
      }));
  } catch (error) {
    if (error instanceof MessageError) return [];
    throw error;
  }
}
