/** Candles of every print, or of what the consolidated tapes' sale conditions let into a bar. */
export const CANDLE_RULES = ["raw", "sip"] as const;
export type CandleRule = typeof CANDLE_RULES[number];

/**
 * A kind of window row: one candle interval, or the running average. All windows are aligned to the epoch, start
 * included, end excluded.
 */
export interface SeriesKind {
  /** Name as it is stored: of the interval, with its rule where that is not `raw`; or `average`. */
  name: string;
  /** What of a trade goes into it. */
  rule: CandleRule;
  /** Length of the window, milliseconds. */
  lengthMs: number;
  /** Distance between two windows, milliseconds; less than the length where windows overlap. */
  hopMs: number;
  /** A row of the series is kept under its window's start, or its end. */
  keyedBy: "start" | "end";
  /** What one storage partition of the series spans. */
  bucket: "hour" | "day" | "month";
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** Milliseconds of an hour. */
export const HOUR_MS = 60 * MINUTE;
const DAY = 24 * HOUR_MS;

const candles = (name: string, lengthMs: number, bucket: "day" | "month"): SeriesKind => ({
  name,
  rule: "raw",
  lengthMs,
  hopMs: lengthMs,
  keyedBy: "start",
  bucket,
});

/** Candle intervals, shortest first, with every print. */
export const CANDLES: readonly SeriesKind[] = [
  candles("5s", 5 * SECOND, "day"),
  candles("15s", 15 * SECOND, "day"),
  candles("1m", MINUTE, "month"),
  candles("5m", 5 * MINUTE, "month"),
  candles("1h", HOUR_MS, "month"),
];

/** Names of the candle intervals, shortest first. */
export const INTERVALS: readonly string[] = CANDLES.map(({ name }) => name);

const SIP_CANDLES: readonly SeriesKind[] = CANDLES.map((kind) => ({
  ...kind,
  name: `${kind.name}-sip`,
  rule: "sip",
}));

/** The candles of an interval by a rule; undefined for a name that is no interval. */
export const candlesOf = (interval: string, rule: CandleRule = "raw"): SeriesKind | undefined =>
  (rule === "raw" ? CANDLES : SIP_CANDLES)[INTERVALS.indexOf(interval)];

/** The candles whose rows have this name in the tables; undefined for a name that is none. */
export const candlesNamed = (name: string): SeriesKind | undefined =>
  CANDLES.find((kind) => kind.name === name) ?? SIP_CANDLES.find((kind) => kind.name === name);

/** Intervals of candles that are made of stored ones when they are asked for, and their usual lengths, milliseconds. */
export const LONG_INTERVALS: Readonly<Record<string, number>> = {
  "30m": 30 * MINUTE,
  "4h": 4 * HOUR_MS,
  "1d": DAY,
  "1w": 7 * DAY,
};

/** Every interval that can be asked for, shortest first. */
export const ALL_INTERVALS: readonly string[] = [...INTERVALS, ...Object.keys(LONG_INTERVALS)]
  .toSorted((a, b) => lengthOf(a) - lengthOf(b));

/** Usual length of an interval, milliseconds: a day has 23 to 25 hours. */
export function lengthOf(interval: string): number {
  return candlesOf(interval)?.lengthMs ?? LONG_INTERVALS[interval] ?? NaN;
}

/** Where windows shorter than a day begin: at multiples of their length since the epoch, or with each session of the exchange. */
export const ALIGNMENTS = ["epoch", "session"] as const;
export type Alignment = typeof ALIGNMENTS[number];

/** The mean over the last 15 seconds, every 5 seconds: the row of end E stands for [E - 15 s, E). */
export const RUNNING_AVERAGE: SeriesKind = {
  name: "average",
  rule: "raw",
  lengthMs: 15 * SECOND,
  hopMs: 5 * SECOND,
  keyedBy: "end",
  bucket: "day",
};

/** Every series that is kept of a symbol unless told otherwise. */
export const ALL_SERIES: readonly SeriesKind[] = [...CANDLES, RUNNING_AVERAGE];

/** Every series that is kept of a symbol: its candles by these rules, and the running average. */
export const seriesOf = (rules: readonly CandleRule[]): readonly SeriesKind[] => [
  ...CANDLE_RULES.filter((rule) => rules.includes(rule)).flatMap((rule) =>
    rule === "raw" ? CANDLES : SIP_CANDLES
  ),
  RUNNING_AVERAGE,
];

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

/** Start of the UTC hour, day or month that a window's key falls into, milliseconds. */
export function bucketOf({ bucket }: SeriesKind, key: number): number {
  if (bucket === "hour") return hourOf(key);
  if (bucket === "day") return Math.floor(key / DAY) * DAY;
  const date = new Date(key);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
}

/** The bucket after one of a series, milliseconds. */
export const nextBucket = (kind: SeriesKind, bucket: number): number =>
  bucketOf(kind, bucket + LONGEST_BUCKET[kind.bucket]);

const LONGEST_BUCKET = { hour: HOUR_MS, day: DAY, month: 31 * DAY };
