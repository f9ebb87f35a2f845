import type { FeedSpan } from "./span.ts";
import { TELL_EVERY_MS } from "./span.ts";

/** A span as it is read back. */
export interface StoredSpan extends FeedSpan {
  /** When its trades were fetched elsewhere, milliseconds; absent where they were not. */
  filledAt?: number;
  /** From where they were: `tick` or `candle`. */
  filledFrom?: string;
}

/** A gap with its end, open or not. */
export interface KnownGap {
  from: number;
  /** Absent while it is open. */
  to?: number;
  why: string;
  /** When its trades were fetched elsewhere, milliseconds; absent where they were not. */
  filledAt?: number;
  /** From where they were: `tick` or `candle`. */
  filledFrom?: string;
}

/** Time after its last word for which a symbol still counts as followed, milliseconds: the next word may be under way. */
export const GRACE_MS = 1.5 * TELL_EVERY_MS;

interface Range {
  from: number;
  to: number;
}

/**
 * The gaps among what is known of one symbol's feed, earliest first. A gap that nobody closed, as after a kill, ends where the
 * symbol was next followed, or the next gap begins.
 */
export function gapsOf(spans: readonly StoredSpan[]): KnownGap[] {
  const starts = spans.map(({ from }) => from).sort((a, b) => a - b);
  return spans.filter(({ kind }) => kind === "gap").sort((a, b) => a.from - b.from)
    .map(({ filledAt, filledFrom, from, to, why }) => {
      const end = to ?? starts.find((start) => start > from);
      return {
        from,
        ...(end !== undefined && { to: end }),
        why,
        ...(filledAt !== undefined && { filledAt, filledFrom: filledFrom ?? "" }),
      };
    });
}

/**
 * Judges windows by what is known of their symbol's feed: false where a gap touches a window and was not filled with trades since, true
 * where the symbol was followed all the time or its gaps were filled, and undefined where nothing is known of some of it.
 *
 * @param now milliseconds: of a window under way, what is to come counts for nothing
 */
export function completeness(
  spans: readonly StoredSpan[],
  now: number,
): (from: number, to: number) => boolean | undefined {
  const gaps = gapsOf(spans);
  const holes = gaps.filter((gap) => !hasTrades(gap));
  const known = union([
    ...gaps.map(({ from, to = Infinity }) => ({ from, to })),
    ...spans.filter(({ kind }) => kind === "followed")
      .map(({ from, to = from }) => ({ from, to: to + GRACE_MS })),
  ]);
  return (from, to) => {
    const end = Math.min(to, Math.max(now, from + 1));
    if (holes.some((gap) => gap.from < end && (gap.to ?? Infinity) > from)) return false;
    return known.some((range) => range.from <= from && range.to >= end) ? true : undefined;
  };
}

/** Whether the trades of a gap are there: candles that were fetched in place of them say so themselves. */
export const hasTrades = ({ filledFrom }: KnownGap): boolean => filledFrom === "tick";

/** Ranges that touch or overlap as one, earliest first. */
function union(ranges: readonly Range[]): Range[] {
  const all: Range[] = [];
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = all.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else all.push({ from, to });
  }
  return all;
}
