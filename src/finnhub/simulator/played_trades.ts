import { Fifo } from "../../async/fifo.ts";
import type { FrameTrade } from "./market_source.ts";

/** Trades that are remembered: the newest. */
const MOST = 100_000;
/** Ticks of one answer, as many as Finnhub gives. */
const MOST_TICKS = 25_000;
/** Seconds of a candle by Finnhub's names of resolutions. */
const RESOLUTIONS: Readonly<Record<string, number>> = {
  "1": 60,
  "5": 300,
  "15": 900,
  "30": 1800,
  "60": 3600,
  D: 86_400,
};

/** What was played of a market, whether anybody heard of it or not: what Finnhub's REST API tells of the past. */
export class PlayedTrades {
  readonly #trades = new Fifo<FrameTrade>();
  readonly #date = new Intl.DateTimeFormat("en-CA", {
    timeZone: "America/New_York",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });

  note(trades: readonly FrameTrade[]): void {
    for (const trade of trades) this.#trades.push(trade);
    while (this.#trades.length > MOST) this.#trades.shift();
  }

  /** `GET /stock/tick`: trades of a day of New York, as lists by their fields. */
  ticks(symbol: string, date: string, skip: string, limit: string) {
    const all = this.#of(symbol).filter(({ t }) => this.#date.format(t) === date).sort((a, b) => a.t - b.t);
    const from = Math.max(0, Math.floor(Number(skip)) || 0);
    const page = all.slice(from, from + Math.min(MOST_TICKS, Math.max(1, Math.floor(Number(limit)) || 1)));
    return {
      s: symbol,
      skip: from,
      count: page.length,
      total: all.length,
      t: page.map(({ t }) => t),
      p: page.map(({ p }) => p),
      v: page.map(({ v }) => v),
      c: page.map(({ c }) => c ?? []),
      x: page.map(() => ""),
    };
  }

  /** `GET /stock/candle` and `/crypto/candle`: candles that start in [from, to], seconds, as lists by their fields. */
  candles(symbol: string, resolution: string, from: string, to: string) {
    const seconds = RESOLUTIONS[resolution] ?? 60;
    const starts = new Map<number, FrameTrade[]>();
    for (const trade of this.#of(symbol).sort((a, b) => a.t - b.t)) {
      const start = Math.floor(trade.t / 1000 / seconds) * seconds;
      if (start < Number(from) || start > Number(to)) continue;
      starts.set(start, [...starts.get(start) ?? [], trade]);
    }
    if (starts.size === 0) return { s: "no_data" };
    const all = [...starts].sort(([a], [b]) => a - b);
    const of = (value: (trades: FrameTrade[]) => number) => all.map(([, trades]) => value(trades));
    return {
      s: "ok",
      t: all.map(([start]) => start),
      o: of((trades) => trades[0]!.p),
      h: of((trades) => Math.max(...trades.map(({ p }) => p))),
      l: of((trades) => Math.min(...trades.map(({ p }) => p))),
      c: of((trades) => trades.at(-1)!.p),
      v: of((trades) => trades.reduce((sum, { v }) => sum + v, 0)),
    };
  }

  #of(symbol: string): FrameTrade[] {
    return this.#trades.oldest(MOST).filter(({ s }) => s === symbol);
  }
}
