import type { Candle } from "../../../../market/reader.ts";

/**
 * Takes a newer state of a candle.
 *
 * @param candles earliest first; changed
 * @returns what there is to draw: the `end` alone, `all` when a late trade changed one behind it, or `nothing`
 */
export function takeCandle(candles: Candle[], candle: Candle): "end" | "all" | "nothing" {
  const last = candles.at(-1);
  if (last === undefined || candle.start > last.start) {
    candles.push(candle);
    return "end";
  }
  const at = candles.findIndex(({ start }) => start >= candle.start);
  const same = candles[at]?.start === candle.start;
  if (same && candle.start < last.start && candles[at]?.trades === candle.trades) return "nothing";
  candles.splice(at, same ? 1 : 0, candle);
  return candle.start === last.start ? "end" : "all";
}

/** Whether a chart can draw it: what is beyond all numbers comes as null. */
export const isDrawable = ({ close, high, low, open }: Candle): boolean =>
  [open, high, low, close].every((price) => Number.isFinite(price));

/** A candle's VWAP, which rounding may have taken beyond its prices. */
export const vwapOf = ({ high, low, vwap }: Candle): number | undefined =>
  Number.isFinite(vwap) ? Math.min(high, Math.max(low, vwap!)) : undefined;
