/** What stands for a window without trades: nothing, the last close, or a row without numbers. */
export const FILLS = ["none", "previous", "null"] as const;
export type Fill = (typeof FILLS)[number];

/** The part of a candle by which an empty one is made. */
export interface Filling {
  /** Start of its interval, milliseconds. */
  start: number;
  /** Null where no price is known. */
  close: number | null;
}

/** A candle without trades: of the last price, or without prices. */
export interface EmptyCandle {
  start: number;
  open: number | null;
  high: number | null;
  low: number | null;
  close: number | null;
  volume: 0 | null;
  trades: 0;
}

/** Makes the candle of an interval in which nobody traded. */
export function emptyCandle(start: number, before: Filling, fill: Exclude<Fill, "none">): EmptyCandle {
  const price = fill === "previous" ? before.close : null;
  return {
    start,
    open: price,
    high: price,
    low: price,
    close: price,
    volume: fill === "previous" ? 0 : null,
    trades: 0,
  };
}

/**
 * The newest candles with the intervals between them in which nobody traded, earliest first. None stands before the first that is
 * stored.
 *
 * @param candles earliest first
 * @param lengthMs of their interval
 * @param until end of the time that is filled, milliseconds; later than now would claim that nobody will trade
 * @param limit most that come out: the newest
 */
export function filled<C extends Filling>(
  candles: readonly C[],
  lengthMs: number,
  fill: Fill,
  until: number,
  limit: number,
): (C | EmptyCandle)[] {
  if (fill === "none") return candles.slice(-limit);
  const all: (C | EmptyCandle)[] = [];
  let end = until;
  for (let i = candles.length - 1; i >= 0 && all.length < limit; i--) {
    const candle = candles[i]!;
    for (let start = end - lengthMs; start > candle.start && all.length < limit; start -= lengthMs) {
      all.push(emptyCandle(start, candle, fill));
    }
    if (all.length < limit) all.push(candle);
    end = candle.start;
  }
  return all.reverse();
}
