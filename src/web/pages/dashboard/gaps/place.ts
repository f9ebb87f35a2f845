import type { KnownGap } from "../../../../market/following/completeness.ts";
import { FETCHED_MS } from "../../../../market/following/fetched.ts";

/** Where a band begins and ends, in candles by number: a half is between two. */
export interface Placed {
  left: number;
  /** Infinity while the gap is open. */
  right: number;
}

/** Whether something of candles of a length may be missing by a gap: candles that were fetched in place of trades are of minutes. */
const isHole = ({ filledAt, filledFrom }: KnownGap, lengthMs: number): boolean =>
  filledAt === undefined || (filledFrom !== "tick" && lengthMs < FETCHED_MS);

/** Whether trades of a window may be missing by a gap. */
export const touches = (gap: KnownGap, start: number, lengthMs: number): boolean =>
  isHole(gap, lengthMs) && gap.from < start + lengthMs && (gap.to ?? Infinity) > start;

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
    const { from, to = Infinity } = gap;
    if (!isHole(gap, lengthMs) || to <= first.start) return [];
    const begin = candles.findIndex(({ start }) => start + lengthMs > from);
    const end = candles.findLastIndex(({ start }) => start < to);
    const left = begin < 0 ? candles.length : begin;
    return [{ left: left - 0.5, right: to === Infinity ? Infinity : Math.max(end, left - 1) + 0.5 }];
  });
}
