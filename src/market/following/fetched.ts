import type { SeriesKind } from "../series.ts";

/** A candle that was fetched, as nobody of us has its trades. */
export interface FetchedCandle {
  /** Start of its interval, milliseconds. */
  start: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/** Length of the shortest candle that is fetched, milliseconds. */
export const FETCHED_MS = 60_000;

/** Candles of a longer interval, of those of a minute; earliest first. */
export function ofMinutes(minutes: readonly FetchedCandle[], { lengthMs }: SeriesKind): FetchedCandle[] {
  const all: FetchedCandle[] = [];
  for (const { close, high, low, open, start, volume } of [...minutes].sort((a, b) => a.start - b.start)) {
    const own = Math.floor(start / lengthMs) * lengthMs;
    const last = all.at(-1);
    if (last?.start === own) {
      last.high = Math.max(last.high, high);
      last.low = Math.min(last.low, low);
      last.close = close;
      last.volume += volume;
    } else all.push({ start: own, open, high, low, close, volume });
  }
  return all;
}

/**
 * Candles with fetched ones in their places, earliest first. The trades that are known of a fetched one stay its count; what only
 * trades tell is not known of it.
 */
export function withFetched<C extends FetchedCandle & { trades: number; vwap?: number }>(
  candles: readonly C[],
  fetched: readonly FetchedCandle[],
): (C | FetchedCandle & { trades: number; source: "rest" })[] {
  if (fetched.length === 0) return [...candles];
  const own = new Map(candles.map((candle) => [candle.start, candle]));
  const rest = fetched.map((candle) => ({
    ...candle,
    trades: own.get(candle.start)?.trades ?? 0,
    source: "rest" as const,
  }));
  const taken = new Set(rest.map(({ start }) => start));
  return [...candles.filter(({ start }) => !taken.has(start)), ...rest].sort((a, b) => a.start - b.start);
}
