import type { Trade } from "../../../src/market/trade.ts";

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

const INTERVALS: Record<string, number> = { "5s": 5e3, "15s": 15e3, "1m": 60e3, "5m": 300e3, "1h": 3600e3 };

/** Every candle of trades in stream order, by `symbol interval start`. */
export function expectedCandles(trades: readonly Trade[]): Map<string, ExpectedWindow> {
  const members = new Map<string, Trade[]>();
  for (const trade of trades) {
    for (const [name, ms] of Object.entries(INTERVALS)) {
      const key = `${trade.symbol} ${name} ${trade.time - trade.time % ms}`;
      members.set(key, [...members.get(key) ?? [], trade]);
    }
  }
  return new Map([...members].map(([key, list]) => [key, summary(list)]));
}

/** Every running average of trades in stream order, by `symbol average end`. */
export function expectedAverages(trades: readonly Trade[]): Map<string, ExpectedWindow> {
  const members = new Map<string, Trade[]>();
  for (const trade of trades) {
    const start = trade.time - trade.time % 5000;
    for (const end of [start + 5000, start + 10_000, start + 15_000]) {
      const key = `${trade.symbol} average ${end}`;
      members.set(key, [...members.get(key) ?? [], trade]);
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
