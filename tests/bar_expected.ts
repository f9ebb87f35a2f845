import type { BarKind } from "../src/market/bars.ts";
import type { Trade } from "../src/market/trade.ts";
import type { ExpectedWindow } from "./expected.ts";

const HOUR = 3_600_000;

/** Every bar of trades in stream order, by `symbol series key`, computed by the plainest code; a key is hour + number. */
export function expectedBars(
  trades: readonly Trade[],
  kinds: readonly BarKind[],
): Map<string, ExpectedWindow> {
  const found = new Map<string, ExpectedWindow>();
  const hours = Map.groupBy(trades, ({ symbol, time }) => `${symbol} ${time - time % HOUR}`);
  for (const kind of kinds) {
    for (const own of hours.values()) {
      const { symbol, time } = own[0]!;
      for (const [number, bar] of cut(own, kind).entries()) {
        found.set(`${symbol} ${kind.name} ${time - time % HOUR + number}`, summary(bar));
      }
    }
  }
  return found;
}

function cut(trades: readonly Trade[], { measure, size }: BarKind): Trade[][] {
  const bars: Trade[][] = [];
  let left = 0;
  for (const trade of trades) {
    if (left <= 0) {
      bars.push([]);
      left = size;
    }
    const bar = bars.at(-1)!;
    bar.push(trade);
    const { count, turnover, volume } = summary(bar);
    left = size - { tick: count, volume, dollar: turnover }[measure];
  }
  return bars;
}

const summary = (list: readonly Trade[]): ExpectedWindow => ({
  open: list[0]!.price,
  high: Math.max(...list.map(({ price }) => price)),
  low: Math.min(...list.map(({ price }) => price)),
  close: list.at(-1)!.price,
  volume: list.reduce((sum, { volume }) => sum + volume, 0),
  turnover: list.reduce((sum, { price, volume }) => sum + price * volume, 0),
  count: list.length,
});
