import type { Trade } from "../market/trade.ts";
import type { ValueFormat } from "./value_format.ts";

/** Largest encoded value, bytes: brokers take 1 MiB unless they are told otherwise, and key and headers come on top. */
export const MAX_ENCODED_BYTES = 900_000;

/** A part of a parcel, as it is sent. */
export interface Encoded {
  value: Uint8Array;
  trades: number;
}

/** A trade that cannot be sent. */
export interface Unfit {
  trade: Trade;
  reason: string;
}

/**
 * Encodes trades of one symbol, in order: as one value, or as several where one would be too large. A trade that cannot be encoded,
 * or is too large by itself, is left out alone.
 */
export function encodeParcel(
  trades: readonly Trade[],
  encode: ValueFormat["encode"],
): { parts: Encoded[]; unfit: Unfit[] } {
  const parts: Encoded[] = [];
  const unfit: Unfit[] = [];
  const add = (some: readonly Trade[]): void => {
    let reason: string;
    try {
      const value = encode(some);
      if (value.length <= MAX_ENCODED_BYTES) {
        parts.push({ value, trades: some.length });
        return;
      }
      reason = `larger than ${MAX_ENCODED_BYTES} bytes`;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
    if (some.length === 1) unfit.push({ trade: some[0]!, reason });
    else {
      const middle = some.length >> 1;
      add(some.slice(0, middle));
      add(some.slice(middle));
    }
  };
  if (trades.length > 0) add(trades);
  return { parts, unfit };
}
