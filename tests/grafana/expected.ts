import type { Trade } from "../../src/market/trade.ts";
import { expectedAverages, expectedCandles, type ExpectedWindow, INTERVALS } from "../expected.ts";
import type { TimeRange } from "./expand.ts";
import type { Value } from "./plugin.ts";

type Row = Record<string, Value>;
type KeyedWindow = ExpectedWindow & { key: number };

/** What a panel shows of a symbol's windows, by the panel's title. */
const CANDLE_PANELS: Record<string, (window: ExpectedWindow) => Row> = {
  "$symbol, $interval": ({ close, high, low, open }) => ({ open, high, low, close }),
  "Volume": ({ volume }) => ({ volume }),
  "VWAP": ({ turnover, volume }) => ({ vwap: turnover / volume }),
};
const AVERAGE_PANELS: Record<string, (window: ExpectedWindow) => Row> = {
  "15-second averages": ({ count, turnover, volume }) => ({
    price_volume_multiply: turnover / count,
    vwap: turnover / volume,
  }),
  "Trades/s": ({ count }) => ({ trades_per_second: count / 15 }),
};

/** What the panels should show of trades, computed from the trades alone. */
export class ExpectedPanels {
  readonly #windows = new Map<string, KeyedWindow[]>();

  /** @param trades in stream order within each symbol */
  constructor(readonly trades: readonly Trade[]) {
    for (const [name, window] of [...expectedCandles(trades), ...expectedAverages(trades)]) {
      const [symbol, series, key] = name.split(" ") as [string, string, string];
      const list = this.#windows.get(`${symbol} ${series}`) ?? [];
      list.push({ ...window, key: Number(key) });
      this.#windows.set(`${symbol} ${series}`, list);
    }
    for (const list of this.#windows.values()) list.sort((a, b) => a.key - b.key);
  }

  /** Rows of a panel that shows windows, earliest first: candles from the one that the range begins in. */
  windows(title: string, symbol: string, interval: string, { from, to }: TimeRange): Row[] {
    const candle = CANDLE_PANELS[title];
    const first = candle === undefined ? from : from - from % INTERVALS[interval]!;
    const column = candle === undefined ? "window_end" : "window_start";
    const values = candle ?? AVERAGE_PANELS[title];
    if (values === undefined) throw new RangeError(`nothing is expected of the panel ${title}`);
    return (this.#windows.get(`${symbol} ${candle === undefined ? "average" : interval}`) ?? [])
      .filter(({ key }) => key >= first && key <= to)
      .map((window) => ({ symbol, [column]: window.key, ...values(window) }));
  }

  /** A symbol's trades in a range, the newest first. */
  newest(symbol: string, { from, to }: TimeRange): Trade[] {
    return this.trades.filter((trade) => trade.symbol === symbol && trade.time >= from && trade.time <= to)
      .sort((a, b) => b.time - a.time);
  }
}
