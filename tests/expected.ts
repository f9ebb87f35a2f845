import { INTERVALS as INTERVAL_NAMES } from "../src/market/series.ts";
import type { Trade } from "../src/market/trade.ts";

/** A window as it should be, computed from the trades by the plainest code. */
export interface ExpectedWindow {
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  turnover: number;
  count: number;
}

/** Length of each candle interval by its name, milliseconds. */
export const INTERVALS: Record<string, number> = Object.fromEntries(
  INTERVAL_NAMES.map((name) => [name, intervalMs(name)]),
);

/** Milliseconds of an interval by its name alone, such as `15s` or `1h`. */
function intervalMs(name: string): number {
  const unit = { s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3 }[name.at(-1)!];
  return Number(name.slice(0, -1)) * unit!;
}

/** Every candle of trades in stream order, by `symbol interval start`. */
export function expectedCandles(trades: readonly Trade[]): Map<string, ExpectedWindow> {
  return grouped(
    trades,
    ({ symbol, time }) =>
      Object.entries(INTERVALS).map(([name, ms]) => `${symbol} ${name} ${time - time % ms}`),
  );
}

/** Every running average of trades in stream order, by `symbol average end`. */
export function expectedAverages(trades: readonly Trade[]): Map<string, ExpectedWindow> {
  return grouped(trades, ({ symbol, time }) => {
    const start = time - time % 5000;
    return [5000, 10_000, 15_000].map((ms) => `${symbol} average ${start + ms}`);
  });
}

function grouped(trades: readonly Trade[], keys: (trade: Trade) => string[]): Map<string, ExpectedWindow> {
  const members = new Map<string, Trade[]>();
  for (const trade of trades) {
    for (const key of keys(trade)) {
      const list = members.get(key);
      if (list) list.push(trade);
      else members.set(key, [trade]);
    }
  }
  return new Map([...members].map(([key, list]) => [key, summary(list)]));
}

function summary(list: readonly Trade[]): ExpectedWindow {
  // A stable sort: trades of one time stay in stream order.
  const byTime = [...list].sort((a, b) => a.time - b.time);
  const prices = list.map(({ price }) => price);
  return {
    open: byTime[0]!.price,
    high: prices.reduce((a, b) => Math.max(a, b)),
    low: prices.reduce((a, b) => Math.min(a, b)),
    close: byTime.at(-1)!.price,
    volume: list.reduce((sum, { volume }) => sum + volume, 0),
    turnover: list.reduce((sum, { price, volume }) => sum + price * volume, 0),
    count: list.length,
  };
}
