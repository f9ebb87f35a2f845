/**
 * A kind of window row: one candle interval, or the running average. All windows are aligned to the epoch, start
 * included, end excluded.
 */
export interface SeriesKind {
  /** Name of the interval as it is stored, or `average`. */
  name: string;
  /** Length of the window, milliseconds. */
  lengthMs: number;
  /** Distance between two windows, milliseconds; less than the length where windows overlap. */
  hopMs: number;
  /** A row of the series is kept under its window's start, or its end. */
  keyedBy: "start" | "end";
  /** What one storage partition of the series spans. */
  bucket: "day" | "month";
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** Milliseconds of an hour. */
export const HOUR_MS = 60 * MINUTE;
const DAY = 24 * HOUR_MS;

const candles = (name: string, lengthMs: number, bucket: "day" | "month"): SeriesKind => ({
  name,
  lengthMs,
  hopMs: lengthMs,
  keyedBy: "start",
  bucket,
});

/** Candle intervals, shortest first. */
export const CANDLES: readonly SeriesKind[] = [
  candles("5s", 5 * SECOND, "day"),
  candles("15s", 15 * SECOND, "day"),
  candles("1m", MINUTE, "month"),
  candles("5m", 5 * MINUTE, "month"),
  candles("1h", HOUR_MS, "month"),
];

/** Names of the candle intervals, shortest first. */
export const INTERVALS: readonly string[] = CANDLES.map(({ name }) => name);

/** The candles of an interval; undefined for a name that is none. */
export const candlesOf = (interval: string): SeriesKind | undefined =>
  CANDLES.find(({ name }) => name === interval);

/** The mean over the last 15 seconds, every 5 seconds: the row of end E stands for [E - 15 s, E). */
export const RUNNING_AVERAGE: SeriesKind = {
  name: "average",
  lengthMs: 15 * SECOND,
  hopMs: 5 * SECOND,
  keyedBy: "end",
  bucket: "day",
};

/** Every series that is kept of a symbol. */
export const ALL_SERIES: readonly SeriesKind[] = [...CANDLES, RUNNING_AVERAGE];

/** Time over which a trade falls into the same windows of every series: the greatest common divisor of all hops. */
export const SLOT_MS = 5 * SECOND;

/** Keys (start or end, milliseconds) of the windows of a series that hold a trade at `time`, earliest first. */
export function windowKeys({ lengthMs, hopMs, keyedBy }: SeriesKind, time: number): number[] {
  const last = Math.floor(time / hopMs) * hopMs;
  const keys: number[] = [];
  for (let start = last - lengthMs + hopMs; start <= last; start += hopMs) {
    keys.push(keyedBy === "start" ? start : start + lengthMs);
  }
  return keys;
}

/** Start of the hour, milliseconds. */
export const hourOf = (time: number): number => Math.floor(time / HOUR_MS) * HOUR_MS;

/** Start of the UTC day or month that a window's key falls into, milliseconds. */
export function bucketOf({ bucket }: SeriesKind, key: number): number {
  if (bucket === "day") return Math.floor(key / DAY) * DAY;
  const date = new Date(key);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
}

/** The bucket after one of a series, milliseconds. */
export const nextBucket = (kind: SeriesKind, bucket: number): number =>
  // A bucket is a day or at most 31.
  bucketOf(kind, bucket + (kind.bucket === "day" ? DAY : 31 * DAY));
