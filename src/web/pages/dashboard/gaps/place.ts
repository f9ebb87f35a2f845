import type { KnownGap } from "../../../../market/following/completeness.ts";

/** Where a band begins and ends, in candles by number: a half is between two. */
export interface Placed {
  left: number;
  /** Infinity while the gap is open. */
  right: number;
}

/** Whether trades of a window may be missing by a gap. */
export const touches = (
  { filledAt, from, to = Infinity }: KnownGap,
  start: number,
  lengthMs: number,
): boolean => filledAt === undefined && from < start + lengthMs && to > start;

/**
 * The bands of gaps among candles, each over all candles that it touches. One in which nobody traded has no candle: it is
 * where they would be.
 *
 * @param candles earliest first
 * @param lengthMs of their interval
 */
export function placedGaps(
  gaps: readonly KnownGap[],
  candles: readonly { start: number }[],
  lengthMs: number,
): Placed[] {
  const [first, last] = [candles[0], candles.at(-1)];
  if (first === undefined || last === undefined) return [];
  return gaps.flatMap((gap) => {
    const { filledAt, from, to = Infinity } = gap;
    if (filledAt !== undefined || to <= first.start) return [];
    const begin = candles.findIndex(({ start }) => start + lengthMs > from);
    const end = candles.findLastIndex(({ start }) => start < to);
    const left = begin < 0 ? candles.length : begin;
    return [{ left: left - 0.5, right: to === Infinity ? Infinity : Math.max(end, left - 1) + 0.5 }];
  });
}
