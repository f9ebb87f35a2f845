import type { Trade } from "../../src/market/trade.ts";
import { expectedAverages, expectedCandles, type ExpectedWindow, INTERVALS } from "../expected.ts";
import type { TimeRange } from "./expand.ts";
import type { Value } from "./plugin.ts";

type Row = Record<string, Value>;
type KeyedWindow = ExpectedWindow & { key: number };

/** What a panel shows of a symbol's windows, by the panel's title. */
const CANDLE_PANELS: Record<string, (window: ExpectedWindow) => Row> = {
  "$symbol, $interval": ({ close, high, low, open, turnover, volume }) => ({
    open,
    high,
    low,
    close,
    volume,
    vwap: turnover / volume,
  }),
};
const AVERAGE_PANELS: Record<string, (window: ExpectedWindow) => Row> = {
  "15-second averages": ({ count, turnover, volume }) => ({
    price_volume_multiply: turnover / count,
    vwap: turnover / volume,
    trades_per_second: count / 15,
  }),
  "Trades/s": ({ count }) => ({ "Trades/s": count / 15 }),
};

/** What a stat shows of the windows of a range, earliest first, by the panel's title: those of the panel that it shares rows with. */
const STATS: Record<string, { of: string; value: (windows: Row[]) => Value }> = {
  "Last": { of: "$symbol, $interval", value: (windows) => String(windows.at(-1)!.close) },
  "Change": {
    of: "$symbol, $interval",
    value: (windows) => Number(windows.at(-1)!.close) - Number(windows[0]!.close),
  },
  "Volume": {
    of: "$symbol, $interval",
    value: (windows) => windows.reduce((sum, { volume }) => sum + Number(volume), 0),
  },
  "Rate": { of: "15-second averages", value: (windows) => windows.at(-1)!.trades_per_second! },
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

  /** What a stat shows; undefined where there is no window. */
  stat(title: string, symbol: string, interval: string, range: TimeRange): Value | undefined {
    const { of, value } = STATS[title]!;
    const windows = this.windows(of, symbol, interval, range);
    return windows.length === 0 ? undefined : value(windows);
  }

  /** A symbol's trades in a range, the newest first. */
  newest(symbol: string, { from, to }: TimeRange): Trade[] {
    return this.trades.filter((trade) => trade.symbol === symbol && trade.time >= from && trade.time <= to)
      .sort((a, b) => b.time - a.time);
  }
}
