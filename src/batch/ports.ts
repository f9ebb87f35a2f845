import type { Aggregate } from "../market/aggregate.ts";
import type { StoredSpan } from "../market/following/completeness.ts";
import type { FetchedCandle } from "../market/following/fetched.ts";
import type { Position } from "../market/position.ts";
import type { SeriesKind } from "../market/series.ts";
import type { SeriesKey, StoredTrade, TradeMark, TradeRow } from "../processing/ports.ts";

/** A window's row as it is read back. */
export interface StoredWindow {
  /** Start or end of the window, as its series is keyed; milliseconds. */
  key: number;
  /** In the order of the series' columns; undefined where there is none. */
  values: readonly (number | undefined)[];
  partition: number;
  /** Position up to which every trade should be in the row. */
  complete: Position;
  /** Of a bar: how much of that message, as a row of the stream has it. */
  index?: number;
  /** Highest write timestamp of its columns. */
  written: bigint;
}

/** A window to be written anew, or to be removed where no trade is left of it. */
export interface Repair {
  key: number;
  aggregate: Aggregate | undefined;
  partition: number;
  complete: Position;
  /** Of a bar: how much of that message, as a row of the stream has it. */
  index?: number;
  timestamp: bigint;
}

/** Times between which something is stored of a symbol, milliseconds; the end is not included. */
export interface Span {
  from: number;
  to: number;
}

/** Raw trades and the windows that were made of them. Each call may be repeated, and then changes nothing. */
export interface BatchStore {
  /** Every symbol, and where to look for it. */
  spans(): Promise<Map<string, Span>>;
  /** A symbol's trades in [from, to), by time and id, those too that count no more; page by page. */
  trades(symbol: string, from: number, to: number): AsyncIterable<StoredTrade>;
  /** The rows of a series with keys in [from, to), earliest first; page by page. */
  windows(symbol: string, kind: SeriesKind, from: number, to: number): AsyncIterable<StoredWindow>;
  /** What is known of a symbol's feed in [from, to): every span that may touch it, in no order. */
  feedSpans(symbol: string, from: number, to: number): Promise<StoredSpan[]>;
  /** Candles of an interval that start in [from, to) and were fetched in place of trades, earliest first. */
  fetchedCandles(symbol: string, kind: SeriesKind, from: number, to: number): Promise<FetchedCandle[]>;
  /** Stores fetched candles, and when they were. */
  writeFetched(
    symbol: string,
    kind: SeriesKind,
    candles: readonly FetchedCandle[],
    at: number,
  ): Promise<void>;
  /** Notes that the trades of a gap were fetched, when, and from what: `tick` or `candle`. */
  fillGap(symbol: string, from: number, at: number, source: string): Promise<void>;
  /** Notes that a trade counts no more. Writing the trade again leaves that as it is. */
  markTrade(symbol: string, time: number, id: Uint8Array, mark: TradeMark): Promise<void>;
  writeTrades(symbol: string, hour: number, rows: readonly TradeRow[]): Promise<void>;
  writeRepairs(series: SeriesKey, repairs: readonly Repair[]): Promise<void>;
}
