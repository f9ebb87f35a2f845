import { addArrival, type Aggregate, emptyAggregate } from "./aggregate.ts";
import type { Position } from "./position.ts";
import { HOUR_MS, type SeriesKind } from "./series.ts";
import { MAX_TRADES_PER_MESSAGE } from "./trade_id.ts";

/** What fills a bar: a number of trades, a sum of volumes, or a sum of price × volume. */
export const BAR_MEASURES = ["tick", "volume", "dollar"] as const;
export type BarMeasure = typeof BAR_MEASURES[number];

/**
 * Bars of every print, in the order in which a symbol's partition has them. They begin anew with each UTC hour of the trades' times: a
 * trade belongs to a bar of its own hour, however late it comes. The key of a bar is its hour's start plus its number in the hour.
 */
export interface BarKind extends SeriesKind {
  measure: BarMeasure;
  /** A bar ends with the trade by which its measure reaches this. */
  size: number;
}

/** The bars of a measure and size, named as `tick-500`. */
export const barsOf = (measure: BarMeasure, size: number): BarKind => ({
  name: `${measure}-${size}`,
  rule: "raw",
  lengthMs: 0,
  hopMs: 0,
  keyedBy: "start",
  bucket: "hour",
  measure,
  size,
});

/** Whether a series is one of bars. */
export const isBars = (kind: SeriesKind): kind is BarKind => "measure" in kind;

/** The last number that a bar of an hour can have: it takes whatever comes. */
const LAST_NUMBER = HOUR_MS - 1;

/** Whether the next trade begins another bar. */
export function isFull(
  { measure, size }: BarKind,
  key: number,
  { count, turnover, volume }: Aggregate,
): boolean {
  const filled = measure === "tick" ? count : measure === "volume" ? volume : turnover;
  return filled >= size && key % HOUR_MS < LAST_NUMBER;
}

/** A trade's place in the stream. */
export interface StreamPlace {
  position: Position;
  /** In its message. */
  index: number;
}

/** The place of the last trade that a message can have. */
export const LAST_INDEX = MAX_TRADES_PER_MESSAGE - 1;

/** Whether a place is at or before another one. */
export const isWithin = (position: Position, index: number, last: StreamPlace): boolean =>
  position < last.position || (position === last.position && index <= last.index);

/** The bars of one hour of a symbol while trades are added: the newest, and whether it is full. */
export class BarBuilder {
  key: number;
  aggregate: Aggregate;
  full: boolean;

  /**
   * @param hour its start, milliseconds
   * @param newest the last bar that is there; none when absent
   */
  constructor(
    readonly kind: BarKind,
    hour: number,
    newest: { key: number; aggregate: Aggregate } = { key: hour - 1, aggregate: emptyAggregate() },
  ) {
    this.key = newest.key;
    this.aggregate = newest.aggregate;
    this.full = newest.key < hour || isFull(kind, newest.key, newest.aggregate);
  }

  /** Adds the next trade; whether it begins a bar. Those before are not touched again. */
  add(price: number, volume: number, time: number): boolean {
    const begins = this.full;
    if (begins) {
      this.key++;
      this.aggregate = emptyAggregate();
    }
    addArrival(this.aggregate, price, volume, time);
    this.full = isFull(this.kind, this.key, this.aggregate);
    return begins;
  }
}

/** A bar as it is read back. */
export interface Bar {
  /** Start of the UTC hour of its trades, milliseconds since the epoch. */
  hour: number;
  /** Its place in the hour, from 0 on. */
  number: number;
  /** Times of its first and its last trade as they came, milliseconds since the epoch: a late one may end it. */
  start: number;
  end: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  /** Sum of price × volume. */
  turnover: number;
  /** Absent where the volume is 0. */
  vwap?: number;
  /** Number of trades. */
  trades: number;
  /** Whether it has reached its size. The last one of an hour may never. */
  full: boolean;
}

/**
 * A bar as whoever shows it reads it.
 *
 * @param cell a column's number, a time in milliseconds; undefined where there is none
 */
export function barOf(kind: BarKind, cell: (column: string) => number | undefined): Bar {
  const value = (column: string) => cell(column) ?? 0;
  const [hour, number, vwap] = [value("hour"), value("number"), cell("vwap")];
  const sums = { count: value("trade_count"), volume: value("volume"), turnover: value("turnover") };
  return {
    hour,
    number,
    start: value("open_timestamp"),
    end: value("close_timestamp"),
    open: value("open"),
    high: value("high"),
    low: value("low"),
    close: value("close"),
    volume: sums.volume,
    turnover: sums.turnover,
    ...(vwap !== undefined && { vwap }),
    trades: sums.count,
    full: isFull(kind, hour + number, { ...emptyAggregate(), ...sums }),
  };
}
