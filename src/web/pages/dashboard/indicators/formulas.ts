import type { Candle } from "../../../../market/reader.ts";
import { vwapOf } from "../chart/candles.ts";

/**
 * An indicator after some candles. It never changes: the step before the newest candle is kept, and taken anew each time that
 * candle changes.
 */
export interface Step {
  /** One for each of its lines; undefined before enough candles came. */
  readonly values: readonly (number | undefined)[];
  /** The indicator after one candle more. */
  next(candle: Candle): Step;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Over the last closes, as many as there are up to `period`. */
function window(
  period: number,
  values: (closes: readonly number[]) => readonly (number | undefined)[],
  closes: readonly number[] = [],
): Step {
  return {
    values: values(closes),
    next: ({ close }) => window(period, values, [...closes, close].slice(-period)),
  };
}

/** Simple moving average of closes. @param period candles */
export const sma = (period: number): Step =>
  window(period, (closes) => [closes.length < period ? undefined : mean(closes)]);

/**
 * Bollinger bands: the simple average, and so many standard deviations of the population above and below it.
 *
 * @param period candles
 */
export const bollinger = (period: number, deviations: number): Step =>
  window(period, (closes) => {
    if (closes.length < period) return [undefined, undefined, undefined];
    const middle = mean(closes);
    const width = deviations * Math.sqrt(mean(closes.map((close) => (close - middle) ** 2)));
    return [middle, middle + width, middle - width];
  });

/**
 * Exponential moving average of closes, with 2 / (period + 1) for the newest. It begins with the simple average of the first
 * closes.
 *
 * @param period candles
 */
export function ema(period: number): Step {
  const weight = 2 / (period + 1);
  const going = (value: number): Step => ({
    values: [value],
    next: ({ close }) => going(value + weight * (close - value)),
  });
  const beginning = (closes: readonly number[]): Step => ({
    values: [undefined],
    next({ close }) {
      const all = [...closes, close];
      return all.length === period ? going(mean(all)) : beginning(all);
    },
  });
  return beginning([]);
}

/**
 * Relative strength index by Wilder: gains and losses between closes begin with their simple averages, and move by
 * 1 / period. 50 where no price moved.
 *
 * @param period candles
 */
export function rsi(period: number): Step {
  const going = (before: number, gain: number, loss: number): Step => ({
    values: [gain + loss === 0 ? 50 : 100 * gain / (gain + loss)],
    next({ close }) {
      const change = close - before;
      const share = (old: number, now: number) => old + (Math.max(0, now) - old) / period;
      return going(close, share(gain, change), share(loss, -change));
    },
  });
  const beginning = (closes: readonly number[]): Step => ({
    values: [undefined],
    next({ close }) {
      const all = [...closes, close];
      if (all.length <= period) return beginning(all);
      const changes = all.slice(1).map((each, i) => each - all[i]!);
      return going(
        close,
        mean(changes.map((change) => Math.max(0, change))),
        mean(changes.map((change) => Math.max(0, -change))),
      );
    },
  });
  return beginning([]);
}

/**
 * Volume-weighted average price since the session began, from the candles' own turnover.
 *
 * @param dayOf tells sessions apart
 */
export function sessionVwap(dayOf: (time: number) => string): Step {
  const going = (day: string, turnover: number, volume: number): Step => ({
    values: [volume > 0 ? turnover / volume : undefined],
    next(candle) {
      const [today, price] = [dayOf(candle.start), vwapOf(candle)];
      const [added, traded] = price === undefined ? [0, 0] : [price * candle.volume, candle.volume];
      return today === day ? going(day, turnover + added, volume + traded) : going(today, added, traded);
    },
  });
  return going("", 0, 0);
}
