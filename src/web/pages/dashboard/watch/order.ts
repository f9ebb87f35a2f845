import type { WatchRow } from "../../../dashboard/wire.ts";

/** What the list is sorted by. */
export const COLUMNS = ["symbol", "volume", "rate", "price", "change"] as const;
export type Column = typeof COLUMNS[number];

/** How this browser has arranged the list. */
export interface Arrangement {
  by: Column;
  /** Whether the greatest comes first. */
  down: boolean;
  /** Symbols that come before all others. */
  pinned: readonly string[];
  /** Symbols that are not shown. */
  removed: readonly string[];
}

export const ALPHABETICAL: Arrangement = { by: "symbol", down: false, pinned: [], removed: [] };

/** Most symbols that are pinned, or removed: as many as a page shows. */
const MOST = 1000;

const symbolsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === "string").slice(0, MOST) : [];

/** What of a kept text is an arrangement. */
export function arrangementOf(text: string): Arrangement {
  try {
    const { by, down, pinned, removed } = JSON.parse(text);
    return {
      by: COLUMNS.find((each) => each === by) ?? "symbol",
      down: down === true,
      pinned: symbolsOf(pinned),
      removed: symbolsOf(removed),
    };
  } catch {
    return ALPHABETICAL;
  }
}

/** Sorted by a column; by the same again, the other way round. Of names the first comes first, of numbers the greatest. */
export const sortedBy = (arrangement: Arrangement, by: Column): Arrangement => ({
  ...arrangement,
  by,
  down: arrangement.by === by ? !arrangement.down : by !== "symbol",
});

/** With a symbol among these, or without it where it is. */
export const toggled = (symbols: readonly string[], symbol: string): string[] =>
  symbols.includes(symbol) ? symbols.filter((each) => each !== symbol) : [...symbols, symbol];

/** These rows' symbols in order: pinned ones first; where a number is not known, last. */
export function inOrder(rows: readonly WatchRow[], { by, down, pinned }: Arrangement): string[] {
  const byName = (a: WatchRow, b: WatchRow) => a.symbol < b.symbol ? -1 : 1;
  const compare = (a: WatchRow, b: WatchRow): number => {
    if (by === "symbol") return down ? byName(b, a) : byName(a, b);
    const [x, y] = [a[by], b[by]];
    if (x === y) return byName(a, b);
    if (x === undefined || y === undefined) return x === undefined ? 1 : -1;
    return down ? y - x : x - y;
  };
  const first = new Set(pinned);
  return [...rows].sort((a, b) => Number(first.has(b.symbol)) - Number(first.has(a.symbol)) || compare(a, b))
    .map(({ symbol }) => symbol);
}
