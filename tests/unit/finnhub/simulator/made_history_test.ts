import { assert, assertEquals } from "@std/assert";
import { instrumentOf } from "../../../../src/finnhub/simulator/instruments.ts";
import { marketWithPast } from "../../../../src/finnhub/simulator/made_history.ts";
import type { FrameTrade } from "../../../../src/finnhub/simulator/market_source.ts";

const END = Date.UTC(2025, 10, 26, 18, 42, 17, 300);
const HOUR_MS = 3_600_000;
const SYMBOLS = ["AAPL", "BINANCE:BTCUSDT", "BINANCE:SHIBUSDT", "OANDA:EUR_USD"];
const options = { symbols: SYMBOLS, rate: 50, seed: 3 };

async function first(frames: AsyncIterable<{ trades: readonly FrameTrade[] }>, count: number) {
  const trades: FrameTrade[] = [];
  for await (const frame of frames) {
    trades.push(...frame.trades);
    if (trades.length >= count) return trades;
  }
  return trades;
}

Deno.test("the past fills a chart of each interval for each symbol, and ends before the market begins", () => {
  const trades = [...marketWithPast(options, END, 6 * HOUR_MS).past].flat();
  assert(trades.every(({ t }) => t >= END - 6 * HOUR_MS - 300_000 && t < END));
  for (const symbol of SYMBOLS) {
    const own = trades.filter(({ s }) => s === symbol);
    assert(own.every(({ t }, i) => i === 0 || t >= own[i - 1]!.t), `${symbol} goes back in time`);
    for (const [length, least] of [[5000, 100], [15_000, 100], [60_000, 98], [300_000, 71], [HOUR_MS, 6]]) {
      const windows = new Set(own.map(({ t }) => Math.floor(t / length!)));
      const last = Math.floor((END - 1) / length!);
      let full = 0;
      while (windows.has(last - full) || (full === 0 && windows.has(last - 1))) full++;
      assert(full >= least!, `${symbol}: ${full} candles of ${length} ms without a gap`);
    }
  }
});

Deno.test("the market goes on where its past ends: no gap and no jump in price", async () => {
  const { market, past } = marketWithPast(options, END, 6 * HOUR_MS);
  const last = new Map([...past].flat().map((trade) => [trade.s, trade]));
  const { signal } = new AbortController();
  const next = await first(market().frames(END, signal), 400);
  for (const symbol of SYMBOLS) {
    const before = last.get(symbol)!;
    const after = next.find(({ s }) => s === symbol)!;
    assert(after.t - before.t < 10_000, `${symbol} is silent for ${after.t - before.t} ms`);
    const { spread, tick, volatility } = instrumentOf(symbol, 3);
    // Five deviations of ten seconds, at its busiest.
    const bound = spread * tick + before.p * 5 * 3 * volatility * Math.sqrt(10 / (252 * 6.5 * 3600));
    assert(Math.abs(after.p - before.p) <= bound, `${symbol} jumps from ${before.p} to ${after.p}`);
  }
});

Deno.test("the same seed makes the same past and goes on alike; another day moves its times alone", async () => {
  const make = async (end: number, seed = 3) => {
    const { market, past } = marketWithPast({ ...options, seed }, end, HOUR_MS);
    const trades = [...past].flat();
    return [...trades, ...await first(market().frames(end, new AbortController().signal), 50)];
  };
  const trades = await make(END);
  assertEquals(await make(END), trades);
  assertEquals(
    await make(END + 24 * HOUR_MS),
    trades.map((trade) => ({ ...trade, t: trade.t + 24 * HOUR_MS })),
  );
  assert((await make(END, 4)).some(({ p }, i) => p !== trades[i]!.p));
});

Deno.test("volumes go on as they were: the past's fewer trades are larger", async () => {
  const { market, past } = marketWithPast(options, END, 6 * HOUR_MS);
  const sum = (trades: readonly FrameTrade[]) => trades.reduce((total, { p, v }) => total + p * v, 0);
  const trades = [...past].flat();
  const minute = sum(trades.filter(({ t }) => t >= END - 10 * 60_000)) / 10;
  const hours = sum(trades.filter(({ t }) => t < END - 2 * HOUR_MS)) / 240;
  const live = sum(await first(market().frames(END, new AbortController().signal), 50 * 60 * 10)) / 10;
  for (const [name, past] of [["last minutes", minute], ["hours before", hours]] as const) {
    assert(past / live > 0.2 && past / live < 5, `${name}: ${past} a minute, then ${live}`);
  }
});

Deno.test("with hours the past has stocks in their hours alone", () => {
  const trades = [...marketWithPast({ ...options, hours: true }, END, 6 * HOUR_MS).past].flat();
  const opening = Date.UTC(2025, 10, 26, 14, 30);
  const stocks = trades.filter(({ s }) => s === "AAPL");
  assert(stocks.length > 0 && stocks.every(({ t }) => t >= opening));
  assert(trades.some(({ s, t }) => s === "BINANCE:BTCUSDT" && t < opening));
});
