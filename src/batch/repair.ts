import { epochOf, IMPORT_EPOCH, NO_POSITION, type Position, repairPlace } from "../market/position.ts";
import { isBars, isWithin, LAST_INDEX, type StreamPlace } from "../market/bars.ts";
import { bucketOf } from "../market/series.ts";
import type { SeriesKey } from "../processing/ports.ts";
import { type Difference, lacksTrades } from "./difference.ts";
import type { Repair } from "./ports.ts";

/**
 * The row that mends a difference; undefined when no write can.
 *
 * A row stays complete up to what it claims; trades after that are left to the stream, which would otherwise take those
 * that are not stored yet for done. Only where the stream has let a row lie, or there is none, all trades are taken and
 * the last one's position.
 *
 * Imported trades stand before every message of the log, so a window that has some claims no message because of
 * them: the stream reads the row back, adds what came after `complete`, and holds both.
 *
 * @param verified a position up to which the hour's raw trades are known to be all there
 */
export function repairOf(difference: Difference, verified: Position, nowMs: number): Repair | undefined {
  const { fold, key, row } = difference;
  if (isBars(difference.series)) return repairOfBar(difference, nowMs);
  const claimed = row?.complete ?? NO_POSITION;
  const whole = isWhole(difference);
  const newest = fold?.newest ?? NO_POSITION;
  const complete = Math.max(claimed, whole ? newest : NO_POSITION, row ? NO_POSITION : verified);
  const place = repairPlace(Math.max(0, complete), row?.written, nowMs);
  if (!place) return undefined;
  const partition = epochOf(place.complete) === IMPORT_EPOCH
    ? -1
    : row && claimed >= newest
    ? row.partition
    : fold?.partition ?? -1;
  return { key, aggregate: whole ? fold?.all : fold?.known, partition, ...place };
}

/**
 * The row that mends a bar. What a row of an hour holds depends on all trades before it, and a full one may be rewritten to hold
 * others than the stream gave it: so it stands where the row of its hour stands that claims most.
 */
function repairOfBar(difference: Difference, nowMs: number): Repair | undefined {
  const { fold, key, row } = difference;
  const none: StreamPlace = { position: NO_POSITION, index: LAST_INDEX };
  const claim = fold?.claim ?? (row ? { position: row.complete, index: row.index ?? LAST_INDEX } : none);
  const whole = isWhole(difference);
  const own = whole ? { position: fold!.newest, index: fold!.index! } : none;
  const last = isWithin(own.position, own.index, claim) ? claim : own;
  const place = repairPlace(Math.max(0, last.position), row?.written, nowMs);
  if (!place) return undefined;
  const imported = epochOf(place.complete) === IMPORT_EPOCH;
  return {
    key,
    aggregate: whole ? fold?.all : fold?.known,
    partition: imported ? -1 : fold?.partition ?? row?.partition ?? -1,
    ...place,
    index: imported ? LAST_INDEX : last.index,
  };
}

/** Whether a repair takes all trades that are stored, and not only those that the row claims. */
const isWhole = ({ fold, kind }: Difference): boolean =>
  fold !== undefined && (kind === "missing" || kind === "behind" || fold.knownTrades === 0);

/**
 * Whether a repair would claim more than is surely stored: trades that are still on their way would be taken for done. The stream
 * writes such a row by itself.
 *
 * @param stored a position up to which all raw trades of the last trade's partition are stored
 */
export const outrunsStream = (difference: Difference, stored: Position): boolean => {
  const newest = difference.fold?.newest ?? NO_POSITION;
  return isWhole(difference) && epochOf(newest) !== IMPORT_EPOCH && newest > stored;
};

/** Groups repairs by the storage partition that they belong to. */
export function bySeries<T extends Difference>(differences: readonly T[]): Map<SeriesKey, T[]> {
  const groups = new Map<string, [SeriesKey, T[]]>();
  for (const difference of differences) {
    const { key, series, symbol } = difference;
    const bucket = bucketOf(series, key);
    const name = `${symbol} ${series.name} ${bucket}`;
    const group = groups.get(name);
    if (group) group[1].push(difference);
    else groups.set(name, [{ symbol, kind: series, bucket }, [difference]]);
  }
  return new Map(groups.values());
}

/** Whether a repair may write it: taking trades away needs to be told. */
export const mayRepair = (difference: Difference, shrink: boolean): boolean =>
  shrink || !lacksTrades(difference);
