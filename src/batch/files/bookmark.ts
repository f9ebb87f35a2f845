import { noTotals, type Totals } from "../backfill.ts";
import type { Unit } from "../examine.ts";

/** How far a run came. */
export interface Bookmark {
  /** Names what was being done: a run of something else does not go on from here. */
  task: string;
  /** Lines of the imported file that are stored. */
  lines?: number;
  /** Last unit that is done. */
  unit?: Unit;
  /** What was found up to it. */
  totals?: Totals;
}

/** A file that holds no bookmark. */
export class BookmarkError extends Error {
  override name = "BookmarkError";
}

const MAX_BYTES = 65_536;

/**
 * Reads a bookmark.
 *
 * @throws {BookmarkError} for a text that is none, or one of another task.
 */
export function parseBookmark(text: string, task: string): Bookmark {
  let found: Partial<Bookmark> | null;
  try {
    found = text.length > MAX_BYTES ? null : JSON.parse(text);
  } catch {
    found = null;
  }
  if (typeof found?.task !== "string") throw new BookmarkError("holds no state of a backfill");
  if (found.task !== task) throw new BookmarkError("is of a run with other settings");
  const { lines, totals, unit } = found;
  const sound = (lines === undefined || isCount(lines)) &&
    (unit === undefined) === (totals === undefined) &&
    (unit === undefined || (typeof unit?.symbol === "string" && Number.isSafeInteger(unit.hour))) &&
    (totals === undefined || areTotals(totals));
  if (!sound) throw new BookmarkError("is damaged");
  return { ...found as Bookmark, ...totals !== undefined && { totals: { ...noTotals(), ...totals } } };
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** Counts that go on from here: one that is no number would make all of them NaN. An earlier version may have had fewer. */
function areTotals(totals: Partial<Totals> | null): boolean {
  const { differences, ...counts } = totals ?? {};
  return typeof differences === "object" && differences !== null &&
    [...Object.values(counts), ...Object.values(differences)].every(isCount);
}
