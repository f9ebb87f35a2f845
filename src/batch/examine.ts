import { type BarKind, isBars } from "../market/bars.ts";
import { Calendars } from "../market/calendar/calendars.ts";
import { sipSymbol } from "../market/conditions/sip_symbol.ts";
import {
  epochOf,
  IMPORT_EPOCH,
  NO_POSITION,
  type Position,
  positionOf,
  writeTimestamp,
} from "../market/position.ts";
import { ALL_SERIES, HOUR_MS, type SeriesKind } from "../market/series.ts";
import { claimOf, foldBars, holdNoMore } from "./bars/fold_bars.ts";
import { compareWindow, type Difference } from "./difference.ts";
import { earlierFirsts } from "./earlier_firsts.ts";
import { foldHour, keysOfHour, REACH_MS } from "./fold.ts";
import type { BatchStore, StoredWindow } from "./ports.ts";
import { TradeColumns } from "./trade_columns.ts";

/** A symbol and the start of an hour, milliseconds: what is recomputed at once. */
export interface Unit {
  symbol: string;
  hour: number;
  /** Whether a repair may take trades away from its rows: some were cancelled. */
  shrink?: boolean;
}

export interface ExamineOptions {
  /** Trades of one symbol and hour that are held. */
  maxTrades: number;
  /** Default: those that are kept unless told otherwise. */
  series?: readonly SeriesKind[];
  /** Beside them; none when absent. */
  bars?: readonly BarKind[] | undefined;
  /** For candles by sale conditions; those of the program when absent. */
  calendars?: Calendars;
}

/** What was found in an hour. */
export interface Examined {
  unit: Unit;
  windows: number;
  trades: number;
  differences: Difference[];
  /** Position up to which the hour's raw trades are all there: its 1h candle holds just them. */
  verified: Position;
  /**
   * By source partition, the highest position that a row of the stream claims: the stream writes a row when all raw trades up to
   * there are stored.
   */
  claims: Map<number, Position>;
}

/**
 * Compares the windows of an hour with its raw trades. Rows are read before trades: what a row claims to hold was stored by
 * then, but for writes under way.
 *
 * @throws {TooManyTrades} for an hour of more than `maxTrades`.
 */
export async function examine(
  store: BatchStore,
  unit: Unit,
  { bars = [], calendars = new Calendars(), maxTrades, series = ALL_SERIES }: ExamineOptions,
): Promise<Examined> {
  const { hour, symbol } = unit;
  const stored = new Map<SeriesKind, Map<number, StoredWindow>>(
    await Promise.all([...series, ...bars].map(async (kind) => {
      const { from, to } = keysOfHour(kind, hour);
      const rows = new Map<number, StoredWindow>();
      for await (const row of store.windows(symbol, kind, from, to)) rows.set(row.key, row);
      return [kind, rows] as const;
    })),
  );
  const sip = sipSymbol(series, calendars, symbol);
  const trades = new TradeColumns(maxTrades, sip);
  for await (const trade of store.trades(symbol, hour - REACH_MS, hour + HOUR_MS)) trades.add(trade);
  const earlier = await earlierFirsts(trades, hour, (from, to) => store.trades(symbol, from, to));
  const folds = [
    ...foldHour(trades, hour, (kind, key) => stored.get(kind)!.get(key)?.complete, {
      series,
      ...(earlier && { earlier }),
    }),
    ...foldBars(trades, hour, bars, (kind) => claimOf(stored.get(kind)!.values())),
  ];

  const result: Examined = {
    unit,
    windows: 0,
    trades: 0,
    differences: [],
    verified: NO_POSITION,
    claims: new Map(),
  };
  for (const rows of stored.values()) {
    for (const row of rows.values()) {
      if (isStreamed(row)) noteClaim(result.claims, row.partition, row.complete);
    }
  }
  for (let i = 0; i < trades.length; i++) if (trades.times[i]! >= hour) result.trades++;
  const moved = new Set(bars.filter((kind) => holdNoMore(stored.get(kind)!.values(), folds, kind)));
  const compare = (
    kind: SeriesKind,
    key: number,
    row: StoredWindow | undefined,
    fold?: typeof folds[number],
  ) => {
    result.windows++;
    const difference = compareWindow(symbol, kind, key, row, fold);
    if (difference) {
      result.differences.push(isBars(kind) ? { ...difference, moved: moved.has(kind) } : difference);
    } else if (kind.lengthMs === HOUR_MS && row) result.verified = row.complete;
  };
  for (const fold of folds) {
    const rows = stored.get(fold.kind)!;
    compare(fold.kind, fold.key, rows.get(fold.key), fold);
    rows.delete(fold.key);
  }
  for (const [kind, rows] of stored) for (const [key, row] of rows) compare(kind, key, row);
  return result;
}

/** Remembers the highest position of a partition that was claimed. */
export function noteClaim(claims: Map<number, Position>, partition: number, position: Position): void {
  claims.set(partition, Math.max(claims.get(partition) ?? NO_POSITION, position));
}

/**
 * The position up to which all raw trades of a partition are stored, as far as rows have told. Before an epoch begins all of the ones
 * before are processed: a row of it tells that their trades are stored, whatever partition they were of.
 */
export function storedUpTo(claims: ReadonlyMap<number, Position>, partition: number): Position {
  const epoch = [...claims.values()].reduce(
    (highest, claim) => Math.max(highest, epochOf(claim)),
    IMPORT_EPOCH,
  );
  return Math.max(claims.get(partition) ?? NO_POSITION, positionOf(epoch, 0) - 1);
}

/** Whether the stream has written the row itself: a repair has a timestamp of its own, and repeats what another has claimed. */
const isStreamed = ({ complete, written }: StoredWindow): boolean =>
  epochOf(complete) !== IMPORT_EPOCH && written === BigInt(writeTimestamp(complete));
