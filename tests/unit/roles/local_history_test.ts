import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Database } from "../../../src/embedded/database.ts";
import { Calendars } from "../../../src/market/calendar/calendars.ts";
import { barsOf } from "../../../src/market/bars.ts";
import { ALL_SERIES, candlesOf } from "../../../src/market/series.ts";
import { SqliteMarketReader } from "../../../src/embedded/tables/market_reader.ts";
import type { FrameTrade, MarketSource } from "../../../src/finnhub/simulator/market_source.ts";
import { MOST_WITH_PAST } from "../../../src/finnhub/simulator/made_history.ts";
import type { Trade } from "../../../src/market/trade.ts";
import { simulatedMarket, type SimulatedMarketOptions } from "../../../src/roles/local_history.ts";
import { expectedBars } from "../../bar_expected.ts";
import { expectedAverages, expectedCandles } from "../../expected.ts";
import { count, heard, storeOf } from "../embedded/parts.ts";

const NOW = Date.UTC(2025, 10, 26, 18, 42, 17, 300);
const HOUR_MS = 3_600_000;
const BARS = [barsOf("tick", 50)];
const SYMBOLS = ["AAPL", "BINANCE:BTCUSDT", "OANDA:EUR_USD"];

/** What the market is made with, over a database that the test has. */
function making(database: Database, settings: Partial<SimulatedMarketOptions["settings"]> = {}) {
  const { lines, log } = heard();
  const options: SimulatedMarketOptions = {
    settings: {
      history: 6 * HOUR_MS,
      symbols: SYMBOLS,
      rate: 50,
      seed: 1,
      marketHours: false,
      replay: undefined,
      speed: 1,
      loop: false,
      now: false,
      ...settings,
    },
    candles: { series: ALL_SERIES, bars: BARS, calendars: new Calendars() },
    database,
    store: storeOf(database),
    reader: new SqliteMarketReader(database),
    now: () => NOW,
    log,
    signal: new AbortController().signal,
  };
  return { lines, options };
}

async function next(market: MarketSource, wanted: number, start = NOW): Promise<FrameTrade[]> {
  const trades: FrameTrade[] = [];
  for await (const frame of market.frames(start, new AbortController().signal)) {
    trades.push(...frame.trades);
    if (trades.length >= wanted) break;
  }
  return trades;
}

const storedTrades = (database: Database): Trade[] =>
  database.all("SELECT * FROM trades ORDER BY symbol, trade_timestamp, uuid").map((row) => ({
    symbol: String(row.symbol),
    time: Number(row.trade_timestamp),
    price: Number(row.price),
    volume: Number(row.volume),
    conditions: [],
  }));

Deno.test("every window of the past is that of its trades", async () => {
  using database = new Database(":memory:");
  await simulatedMarket(making(database).options);
  const trades = storedTrades(database);
  assert(trades.length > 2000);
  const bars = expectedBars(trades, BARS);
  const stored = database.all("SELECT symbol, series, hour + number AS key, trade_count FROM bars");
  assertEquals(stored.length, bars.size);
  for (const { key, series, symbol, trade_count: trades } of stored) {
    assertEquals(trades, bars.get(`${symbol} ${series} ${key}`)?.count);
  }
  const candles = expectedCandles(trades);
  const rows = database.all("SELECT * FROM candles");
  assertEquals(rows.length, candles.size);
  for (const row of rows) {
    const expected = candles.get(`${row.symbol} ${row.interval} ${row.window_start}`)!;
    assertEquals([row.open, row.high, row.low, row.close, row.trade_count], [
      expected.open,
      expected.high,
      expected.low,
      expected.close,
      expected.count,
    ]);
    assertAlmostEquals(Number(row.volume), expected.volume, 1e-6 * expected.volume);
    if (row.vwap !== null) assert(Number(row.vwap) >= expected.low && Number(row.vwap) <= expected.high);
  }
  const averages = expectedAverages(trades);
  const means = database.all("SELECT * FROM running_averages_15_sec");
  assertEquals(means.length, averages.size);
  for (const row of means) {
    assertEquals(row.trade_count, averages.get(`${row.symbol} average ${row.window_end}`)!.count);
  }
});

Deno.test("where something is stored no past is made, and prices go on from what is stored", async () => {
  using database = new Database(":memory:");
  await simulatedMarket(making(database).options);
  const trades = count(database, "trades");
  const last = new Map(storedTrades(database).map(({ price, symbol }) => [symbol, price]));
  const { lines, options } = making(database, { seed: 9 });
  const market = await simulatedMarket(options);
  assertEquals([count(database, "trades"), lines], [trades, []]);
  for (const { p, s } of await next(market, 20)) {
    assertAlmostEquals(p / last.get(s)!, 1, 0.001, `${s}: from ${last.get(s)} to ${p}`);
  }
});

Deno.test("a stored price that is far from the reference price is another symbol's market, and not gone on from", async () => {
  using database = new Database(":memory:");
  const trade = {
    id: new Uint8Array(16),
    time: NOW,
    price: 3,
    volume: 1,
    conditions: undefined,
    ingested: NOW,
  };
  const { options } = making(database);
  const aggregate = {
    count: 1,
    volume: 1,
    turnover: 3,
    open: 3,
    openTime: NOW,
    high: 3,
    low: 3,
    close: 3,
    closeTime: NOW,
  };
  const hour = Math.floor(NOW / HOUR_MS) * HOUR_MS;
  await options.store.writeTrades("AAPL", hour, [trade]);
  const kind = candlesOf("1h")!;
  const series = { symbol: "AAPL", kind, bucket: Date.UTC(2025, 10, 1) };
  await options.store.writeWindows(series, [{ key: hour, aggregate, partition: 0, complete: 0 }]);
  const trades = await next(await simulatedMarket(options), 50);
  assertAlmostEquals(trades.find(({ s }) => s === "AAPL")!.p, 271.49, 1);
});

Deno.test("no past is made where none is wanted, and however many symbols there are, it has an end", async () => {
  using none = new Database(":memory:");
  await simulatedMarket(making(none, { history: 0 }).options);
  assertEquals(count(none, "trades"), 0);
  using many = new Database(":memory:");
  const symbols = Array.from({ length: 200 }, (_, i) => `S${i}`);
  const market = await simulatedMarket(making(many, { symbols, history: HOUR_MS }).options);
  assertEquals(new Set(storedTrades(many).map(({ symbol }) => symbol)).size, MOST_WITH_PAST);
  assert(new Set((await next(market, 2000)).map(({ s }) => s)).size > MOST_WITH_PAST);
});

Deno.test("a past that cannot be stored is left out whole, said so, and the market begins without it", async () => {
  using database = new Database(":memory:");
  const { lines, options } = making(database);
  const { store } = options;
  const write = store.writeTrades.bind(store);
  let writes = 0;
  store.writeTrades = (...row) =>
    ++writes > 3
      ? Promise.reject(Object.assign(new Error("database or disk is full"), { errcode: 13 }))
      : write(...row);
  const market = await simulatedMarket(options);
  assertEquals([count(database, "trades"), count(database, "candles")], [0, 0]);
  assert(lines.some(({ message }) => message.includes("without a past")), JSON.stringify(lines));
  assert((await next(market, 10)).length >= 10);
});
