import type { StoredSpan } from "../market/following/completeness.ts";
import { otherBucket, spanBucket, type SpanKind } from "../market/following/span.ts";

/** How spans of one kind are laid out, in every store. */
export interface SpanTable {
  kind: SpanKind;
  table: string;
  /** Clustering column. */
  start: string;
  end: string;
  /** Columns that this kind alone has. */
  more: readonly string[];
}

export const SPAN_TABLES: Readonly<Record<SpanKind, SpanTable>> = {
  gap: { kind: "gap", table: "feed_gaps", start: "gap_start", end: "gap_end", more: ["reason"] },
  followed: {
    kind: "followed",
    table: "feed_follows",
    start: "follow_start",
    end: "follow_end",
    more: [],
  },
};

/** Rows of one month that are read at most, the newest. */
export const MAX_SPANS = 2000;
/** Months that one question reads at most. */
const MAX_MONTHS = 62;

/**
 * The months in which spans that touch [from, to) may begin, newest first: also the one before, in which what goes on into the
 * first one began.
 */
export function spanMonths(from: number, to: number): number[] {
  const months: number[] = [];
  const first = otherBucket(spanBucket(from), -1);
  for (let month = spanBucket(to); month >= first && months.length < MAX_MONTHS;) {
    months.push(month);
    month = otherBucket(month, -1);
  }
  return months;
}

/**
 * A span as it is read back; undefined for what this program never writes.
 *
 * @param cell a column's value, a time in milliseconds; undefined where there is none
 */
export function storedSpan(
  { end, kind, start }: SpanTable,
  symbol: string,
  cell: (column: string) => number | string | undefined,
): StoredSpan | undefined {
  const [from, to] = [cell(start), cell(end)];
  if (typeof from !== "number" || !(to === undefined || typeof to === "number")) return undefined;
  const span = { kind, symbol, from, ...(to !== undefined && { to }) };
  if (kind === "followed") return { ...span, why: "" };
  // That it was filled may be left of a gap whose row has expired.
  if (cell("reason") === undefined) return undefined;
  const [filledAt, filledFrom] = [cell("filled_at"), cell("filled_from")];
  return {
    ...span,
    why: String(cell("reason") ?? ""),
    ...(typeof filledAt === "number" && { filledAt, filledFrom: String(filledFrom ?? "") }),
  };
}
