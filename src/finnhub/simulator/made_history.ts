import { Floor } from "./floor.ts";
import type { FrameTrade, MarketSource } from "./market_source.ts";
import { seededRandom } from "../random.ts";
import { syntheticMarket, type SyntheticOptions } from "./synthetic.ts";

/** How much is made of a time that lies some way back. */
interface Density {
  /** From here on, milliseconds before the end. */
  age: number;
  /** A price goes through its ups and downs of this time… */
  stepMs: number;
  /** … in trades of its last seconds, so that they are in one window of the shortest interval. */
  withinMs: number;
}

const MINUTE_MS = 60_000;
/** Symbols that have a past: what it costs to make and to keep has an end, however many trade. */
export const MOST_WITH_PAST = 50;
/** Of each symbol in a step: enough for a candle with a body and wicks. */
const TRADES = 3;

/**
 * Enough for a screen full of candles of each interval, and no more: each trade costs a row, and up to eight windows. Further back
 * candles of the short intervals are further apart.
 */
const DENSITIES: readonly Density[] = [
  { age: Infinity, stepMs: 5 * MINUTE_MS, withinMs: 4000 },
  { age: 100 * MINUTE_MS, stepMs: MINUTE_MS, withinMs: 4000 },
  { age: 26 * MINUTE_MS, stepMs: 15_000, withinMs: 4000 },
  { age: 9 * MINUTE_MS, stepMs: 5000, withinMs: 4900 },
];

/** A market that has been trading for a while. */
export interface MarketWithPast {
  /** Trades of the past, step by step; each symbol's in order of time. They are made as they are asked for. */
  past: Iterable<FrameTrade[]>;
  /** Goes on where the past ends; to be used when all of it was taken. */
  market(): MarketSource;
}

/**
 * A synthetic market with a past, of the first {@linkcode MOST_WITH_PAST} symbols, that ends at a time. The past has fewer trades
 * than the market will have, and larger ones, so that volumes go on as they were.
 *
 * @param end milliseconds since the epoch
 * @param length of the past, milliseconds
 */
export function marketWithPast(options: SyntheticOptions, end: number, length: number): MarketWithPast {
  const { hours = false, rate, seed, symbols } = options;
  const floor = new Floor({ symbols, seed, hours });
  return {
    past: past(floor, seededRandom(~seed), rate, end, length),
    market: () => syntheticMarket(options, floor),
  };
}

function* past(
  floor: Floor,
  random: () => number,
  rate: number,
  end: number,
  length: number,
): Generator<FrameTrade[]> {
  // Whole steps: charts align theirs to the epoch.
  const longest = DENSITIES[0]!.stepMs;
  for (let start = Math.floor((end - length) / longest) * longest; start < end;) {
    const { stepMs, withinMs } = DENSITIES.findLast(({ age }) => end - start <= age)!;
    const moments = Array.from({ length: TRADES }, (_, i) => {
      const share = (i + 1) / TRADES;
      return {
        walked: start + stepMs * share,
        time: Math.floor(start + stepMs - withinMs * (1 - share)) - 1,
      };
    }).filter(({ time }) => time < end);
    const weight = (share: number) => Math.max(1, rate * share * stepMs / 1000 / TRADES);
    if (moments.length > 0) yield floor.round(MOST_WITH_PAST, moments, random, weight);
    start += stepMs;
  }
}
