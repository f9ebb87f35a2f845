import { type Bar, barsOf } from "../../../../src/market/bars.ts";
import { Calendars } from "../../../../src/market/calendar/calendars.ts";
import type { StoredSpan } from "../../../../src/market/following/completeness.ts";
import type { FetchedCandle } from "../../../../src/market/following/fetched.ts";
import { TradeHub } from "../../../../src/market/live_trades.ts";
import type { Average, Candle, MarketReader, SeenTrade, SipCandle } from "../../../../src/market/reader.ts";
import { MetricRegistry } from "../../../../src/telemetry/metrics.ts";
import { Board } from "../../../../src/web/dashboard/board.ts";
import { dashboardApp } from "../../../../src/web/dashboard.ts";
import type { SymbolDesk } from "../../../../src/web/dashboard/symbol_desk.ts";
import { silent } from "../../processing/fakes.ts";

/** A store whose answers the test sets; it notes what it was asked. */
export class FakeReader implements MarketReader {
  stored: Candle[] = [];
  spans: StoredSpan[] = [];
  fetched: FetchedCandle[] = [];
  away = false;
  readonly asked: unknown[][] = [];

  symbols(): Promise<string[]> {
    return this.#answer(["symbols"], []);
  }

  candles(...question: Parameters<MarketReader["candles"]>): Promise<Candle[]> {
    return this.#answer(["candles", ...question], this.stored);
  }

  sipCandles(...question: Parameters<MarketReader["sipCandles"]>): Promise<SipCandle[]> {
    return this.#answer(["sipCandles", ...question], this.stored);
  }

  feedSpans(...question: Parameters<MarketReader["feedSpans"]>): Promise<StoredSpan[]> {
    return this.#answer(["feedSpans", ...question], this.spans);
  }

  fetchedCandles(...question: Parameters<MarketReader["fetchedCandles"]>): Promise<FetchedCandle[]> {
    return this.#answer(["fetchedCandles", ...question], this.fetched);
  }

  bars(...question: Parameters<MarketReader["bars"]>): Promise<Bar[]> {
    return this.#answer(["bars", ...question], []);
  }

  averages(...question: Parameters<MarketReader["averages"]>): Promise<Average[]> {
    return this.#answer(["averages", ...question], []);
  }

  trades(...question: Parameters<MarketReader["trades"]>): Promise<SeenTrade[]> {
    return this.#answer(["trades", ...question], []);
  }

  #answer<T>(question: unknown[], answer: T): Promise<T> {
    this.asked.push(question);
    return this.away ? Promise.reject(new Error("away")) : Promise.resolve(answer);
  }
}

/** The page's server over a market that the test makes. */
export function serving(desk?: SymbolDesk) {
  const stop = new AbortController();
  const hub = new TradeHub();
  const reader = new FakeReader();
  const board = new Board({ reader, live: hub, now: () => 1_700_000_000_000, log: silent });
  const running = board.run(stop.signal);
  const app = dashboardApp({
    script: "",
    board,
    reader,
    candles: {
      rules: ["raw", "sip"],
      align: "epoch",
      bars: [barsOf("tick", 5)],
      calendars: new Calendars(),
      lag: () => 0,
    },
    hosts: { hostname: "127.0.0.1", allowed: ["page.example"] },
    numbers: () => ({ trades: board.trades }),
    ...(desk === undefined ? {} : { desk }),
    registry: new MetricRegistry(),
    ready: () => [],
    signal: stop.signal,
    now: () => 1_700_000_000_000,
  });
  /** Publishes trades of one symbol, one a second, at these prices. */
  const trade = (symbol: string, ...prices: number[]) => {
    const trades = prices.map((price, i) => ({
      symbol,
      time: 1_700_000_000_000 + i,
      price,
      volume: 1,
      conditions: [],
    }));
    hub.publish({ symbol, received: 0, trades });
  };
  const close = async () => {
    stop.abort();
    await running;
  };
  return { app, board, reader, trade, stop, [Symbol.asyncDispose]: close };
}
