import type { SeriesKind } from "../market/series.ts";
import { windowColumns } from "../market/window_columns.ts";
import type { Fold } from "./fold.ts";
import type { StoredWindow } from "./ports.ts";

/** How a stored window differs from its raw trades. */
export const DIFFERENCES = [
  /** There are trades and no row. */
  "missing",
  /** The row lacks trades that came after what it claims to hold. */
  "behind",
  /** It holds fewer trades than there are up to what it claims. */
  "fewer",
  /** It holds as many, and its values are others. */
  "values",
  /** It holds more trades than there are. */
  "more",
  /** There is a row and no trade. */
  "unfounded",
] as const;
export type DifferenceKind = typeof DIFFERENCES[number];

export interface Difference {
  symbol: string;
  series: SeriesKind;
  key: number;
  kind: DifferenceKind;
  /** What differs, for people. */
  detail: string;
  /** What the raw trades make; absent for a row without any. */
  fold?: Fold;
  row?: StoredWindow;
  /** Of a bar: whether those of its hour hold no more trades than are stored, so that what it loses is in another. */
  moved?: boolean;
}

/** Whether the raw trades hold less than the row: they may have expired, or the row counts some twice. */
export const lacksTrades = ({ kind, moved }: Difference): boolean =>
  !moved && (kind === "more" || kind === "unfounded");

/** Most columns that are named of one row. */
const MAX_COLUMNS = 3;

/** Compares a row with what the raw trades make, to the last bit; undefined when nothing differs. */
export function compareWindow(
  symbol: string,
  series: SeriesKind,
  key: number,
  row: StoredWindow | undefined,
  fold: Fold | undefined,
): Difference | undefined {
  const found = { symbol, series, key, ...(row && { row }), ...(fold && { fold }) };
  if (!row) {
    return fold &&
      { ...found, kind: "missing", detail: `no row for ${fold.knownTrades + fold.pending} trade(s)` };
  }
  const count = row.values[0] ?? 0;
  if (!fold) return { ...found, kind: "unfounded", detail: `${count} trade(s) in the row, none stored` };
  const columns = windowColumns(series);
  const wanted = columns.values(fold.known);
  const wrong = columns.names.flatMap((name, i) =>
    Object.is(row.values[i], wanted[i])
      ? []
      : [`${name} ${row.values[i] ?? "null"}, not ${wanted[i] ?? "null"}`]
  );
  if (fold.knownTrades === 0 ? count === 0 : wrong.length === 0) {
    return fold.pending === 0
      ? undefined
      : { ...found, kind: "behind", detail: `lacks the last ${fold.pending} trade(s)` };
  }
  const more = wrong.length > MAX_COLUMNS ? `, and ${wrong.length - MAX_COLUMNS} more` : "";
  return {
    ...found,
    kind: count > fold.known.count ? "more" : count < fold.known.count ? "fewer" : "values",
    detail: wrong.slice(0, MAX_COLUMNS).join("; ") + more,
  };
}

/** A line for people: which window, and what of it differs; control characters, which a terminal would obey, become spaces. */
export const differenceLine = ({ detail, key, kind, series, symbol }: Difference): string =>
  `${symbol.replace(/\p{Cc}/gu, " ")} ${series.name} ${new Date(key).toISOString()} ${kind}: ${detail}`;
