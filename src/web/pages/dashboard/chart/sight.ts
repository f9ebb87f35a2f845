import type { Candle } from "../../../../market/reader.ts";

/** A range of candles by number, which may lie beyond the first and last. */
export interface LogicalRange {
  from: number;
  to: number;
}

/** What a chart shows of its candles: how many, and up to where. It stays when others come in their place. */
export interface Sight {
  /** Width, in candles. */
  bars: number;
  /** From the candle at the right edge to the edge itself, in candles. */
  offset: number;
  /** Start of the candle at the right edge, milliseconds; undefined where that is the newest, whichever it is. */
  at?: number;
}

/** Room behind the newest candle, in candles. */
export const RIGHT_OFFSET = 4;

/** Candles that a chart shows first, by its width in pixels. */
export const firstSight = (width: number): Sight => ({
  bars: RIGHT_OFFSET + Math.min(90, Math.max(30, width / 9)),
  offset: RIGHT_OFFSET,
});

/** What a range of these candles shows. */
export function sightOf({ from, to }: LogicalRange, candles: readonly Candle[]): Sight {
  const last = candles.length - 1;
  const edge = Math.min(last, Math.floor(to));
  const at = edge >= 0 && edge < last ? candles[edge]!.start : undefined;
  return { bars: to - from, offset: to - edge, ...(at !== undefined && { at }) };
}

/** The range of these candles that shows it; the newest ones where they begin later than what was shown. */
export function rangeOf({ at, bars, offset }: Sight, candles: readonly Candle[]): LogicalRange {
  const edge = at === undefined ? -1 : candles.findLastIndex(({ start }) => start <= at);
  const to = (edge < 0 ? candles.length - 1 : edge) + offset;
  return { from: to - bars, to };
}

/** A range some of its width further, later where `by` is positive. */
export const pannedBy = ({ from, to }: LogicalRange, by: number): LogicalRange => {
  const way = (to - from) * by;
  return { from: from + way, to: to + way };
};

/** A range of so many times the width, that ends where it did; never less than a few candles, nor more than all. */
export function zoomedBy({ from, to }: LogicalRange, times: number, candles: number): LogicalRange {
  const bars = Math.min(Math.max(candles, 10) * 1.2, Math.max(5, (to - from) * times));
  return { from: to - bars, to };
}
