import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Database } from "../../../src/embedded/database.ts";
import { SqliteBatchStore } from "../../../src/embedded/tables/batch_store.ts";
import { SqliteMarketReader } from "../../../src/embedded/tables/market_reader.ts";
import { seededRandom } from "../../../src/finnhub/random.ts";
import { positionOf } from "../../../src/market/position.ts";
import { CANDLES, RUNNING_AVERAGE } from "../../../src/market/series.ts";
import type { Trade } from "../../../src/market/trade.ts";
import type { TradeStore } from "../../../src/processing/ports.ts";
import { expectedAverages, expectedCandles } from "../../expected.ts";
import { storeOf } from "./parts.ts";
import { bench, MemoryStore, messagesOf } from "../processing/fakes.ts";

const MIDNIGHT = Date.UTC(2024, 8, 1);
const window = (offset: number, close: number) => ({
  key: MIDNIGHT,
  aggregate: { count: 1, volume: 2, turnover: 6, open: 3, openTime: 1, high: 4, low: 2, close, closeTime: 5 },
  partition: 0,
  complete: positionOf(1, offset),
});

Deno.test("a writer that was left behind overwrites nothing newer", async () => {
  using database = new Database(":memory:");
  const store = storeOf(database);
  const series = { symbol: "A", kind: CANDLES[2]!, bucket: MIDNIGHT };
  await store.writeWindows(series, [window(7, 10)]);
  await store.writeWindows(series, [window(6, 11)]);
  assertEquals(await store.readWindows(series, [MIDNIGHT, 1]), [window(7, 10)]);
  await store.writeWindows(series, [window(7, 10)]);
  await store.writeWindows(series, [window(8, 12)]);
  assertEquals(await store.readWindows(series, [MIDNIGHT]), [window(8, 12)]);
  assertEquals(await store.newestKey(series), MIDNIGHT);
  assertEquals(await store.newestKey({ ...series, kind: RUNNING_AVERAGE }), undefined);
});

/** Trades around the end of a month, some late, in stream order. */
function trades(): Trade[] {
  const random = seededRandom(7);
  return Array.from({ length: 600 }, (_, i) => ({
    symbol: random() < 0.5 ? "A" : "B",
    price: Math.round(random() * 10_000) / 100,
    volume: random() < 0.1 ? 0 : Math.ceil(random() * 100),
    time: MIDNIGHT - 60_000 + i * 200 - Math.floor(random() * 30_000),
    conditions: random() < 0.5 ? ["1", "12"] : [],
  }));
}

/** The same store port, kept by SQLite. */
function sqlite() {
  const database = new Database(":memory:");
  const store: TradeStore = storeOf(database);
  const memory = Object.assign(new MemoryStore(), {
    writeTrades: store.writeTrades.bind(store),
    writeWindows: store.writeWindows.bind(store),
    readWindows: store.readWindows.bind(store),
    newestKey: store.newestKey.bind(store),
  });
  return { database, memory };
}

Deno.test("a processor that is restarted and reads again stores every trade once and every candle right", async () => {
  const { database, memory } = sqlite();
  using _ = database;
  const all = trades();
  const messages = messagesOf(all.map((trade) => [trade]));
  const { start } = bench(MIDNIGHT + 3_600_000, memory);
  for (const [from, to] of [[0, 250], [100, 400], [0, 600]] as const) {
    const processor = start({ maxWindows: 100 });
    for (let i = from; i < to; i += 50) await processor.process(messages.slice(i, i + 50));
    if (to !== 400) await processor.flush();
  }
  const rows = database.all("SELECT COUNT(*) AS rows, COUNT(DISTINCT uuid) AS ids FROM trades");
  assertEquals(rows, [{ rows: 600, ids: 600 }].map((row) => Object.assign(Object.create(null), row)));
  const expected = [...expectedCandles(all), ...expectedAverages(all)];
  const count = (table: string) => Number(database.all(`SELECT COUNT(*) AS n FROM ${table}`)[0]!.n);
  assertEquals(count("candles") + count("running_averages_15_sec"), expected.length);

  const reader = new SqliteMarketReader(database);
  assertEquals(await reader.symbols(), ["A", "B"]);
  for (const symbol of ["A", "B"]) {
    for (const { name } of CANDLES) {
      const candles = await reader.candles(symbol, name, MIDNIGHT - 7_200_000, MIDNIGHT + 7_200_000, 10_000);
      assert(candles.length > 0);
      assertEquals(
        candles.map(({ start }) => start),
        candles.map(({ start }) => start).sort((a, b) => a - b),
      );
      for (const { start, trades, ...candle } of candles) {
        const { count, turnover, ...right } = expectedCandles(all).get(`${symbol} ${name} ${start}`)!;
        assertEquals(trades, count);
        if (right.volume > 0) assertAlmostEquals(candle.vwap!, turnover / right.volume, 1e-9);
        delete candle.vwap;
        assertAlmostEquals(candle.volume, right.volume, 1e-9);
        assertEquals({ ...candle, volume: 0 }, { ...right, volume: 0 });
      }
    }
    const newest = all.filter((trade) => trade.symbol === symbol).sort((a, b) => b.time - a.time);
    const seen = await reader.trades(symbol, Infinity, 1000);
    assertEquals(seen.map(({ time }) => time), newest.map(({ time }) => time));
    const averages = await reader.averages(symbol, 0, MIDNIGHT + 7_200_000, 3);
    assertEquals(averages.length, 3);
    assertEquals(
      averages[2]!.trades,
      expectedAverages(all).get(`${symbol} average ${averages[2]!.end}`)!.count,
    );
  }
});

Deno.test("an epoch of another topic is above all earlier ones of the database, and is recorded once", async () => {
  using database = new Database(":memory:");
  const store = storeOf(database);
  store.recordEpoch("market", 2);
  store.recordEpoch("market", 2);
  store.recordEpoch("other", 1);
  assertEquals(await store.sourceEpochs("market"), [{ epoch: 1, starts: [0, 0] }]);
  assertEquals(await store.sourceEpochs("other"), [{ epoch: 2, starts: [0] }]);
});

Deno.test("what is told of a feed is kept by its position, and read with what goes on from the month before", async () => {
  using database = new Database(":memory:");
  const store = storeOf(database);
  const reader = new SqliteMarketReader(database);
  const gap = (offset: number, to?: number) => ({
    span: {
      kind: "gap" as const,
      symbol: "A",
      from: MIDNIGHT - 5000,
      ...(to !== undefined && { to: MIDNIGHT + to }),
      why: "lost",
    },
    partition: 0,
    position: positionOf(1, offset),
  });
  const followed = {
    span: { kind: "followed" as const, symbol: "A", from: MIDNIGHT + 9000, to: MIDNIGHT + 9000, why: "" },
    partition: 0,
    position: positionOf(1, 9),
  };
  await store.writeSpans([gap(7)]);
  assertEquals(await reader.feedSpans("A", MIDNIGHT, MIDNIGHT + 1), [gap(7).span]);
  await store.writeSpans([gap(8, 9000)]);
  await store.writeSpans([gap(7)]);
  await store.writeSpans([followed]);
  assertEquals(await reader.feedSpans("A", MIDNIGHT, MIDNIGHT + 60_000), [gap(8, 9000).span, followed.span]);
  assertEquals(await reader.feedSpans("A", MIDNIGHT, MIDNIGHT + 60_000_000_000), [
    gap(8, 9000).span,
    followed.span,
  ]);
  assertEquals(await reader.feedSpans("B", MIDNIGHT, MIDNIGHT + 60_000), []);
});

Deno.test("fetched candles are kept once, and read over the end of a month; a filled gap says when and from what", async () => {
  using database = new Database(":memory:");
  const store = storeOf(database);
  const batch = new SqliteBatchStore(database, store, () => 0);
  const reader = new SqliteMarketReader(database);
  const kind = CANDLES[2]!;
  const candle = (start: number, volume = 1) => ({ start, open: 1, high: 2, low: 1, close: 2, volume });
  const all = [candle(MIDNIGHT - 60_000), candle(MIDNIGHT)];
  await batch.writeFetched("A", kind, [candle(MIDNIGHT - 60_000, 7), candle(MIDNIGHT)], 5);
  await batch.writeFetched("A", kind, all, 6);
  assertEquals(await reader.fetchedCandles("A", "1m", MIDNIGHT - 60_000, MIDNIGHT + 1), all);
  assertEquals(await batch.fetchedCandles("A", kind, MIDNIGHT, MIDNIGHT + 60_000), [all[1]!]);
  assertEquals(await reader.fetchedCandles("A", "5m", 0, MIDNIGHT), []);
  const span = { kind: "gap" as const, symbol: "A", from: MIDNIGHT, to: MIDNIGHT + 9, why: "lost" };
  await store.writeSpans([{ span, partition: 0, position: 1 }]);
  await batch.fillGap("A", MIDNIGHT, 99, "candle");
  const filled = [{ ...span, filledAt: 99, filledFrom: "candle" }];
  assertEquals(await batch.feedSpans("A", MIDNIGHT, MIDNIGHT + 9), filled);
  // The message that told it may come again.
  await store.writeSpans([{ span, partition: 0, position: 1 }]);
  assertEquals(await batch.feedSpans("A", MIDNIGHT, MIDNIGHT + 9), filled);
});

Deno.test("a trade that is cancelled stays so when it is written again, and a reader sees it no more", async () => {
  using database = new Database(":memory:");
  const store = storeOf(database);
  const batch = new SqliteBatchStore(database, store, () => 0);
  const row = {
    id: new Uint8Array(16),
    time: MIDNIGHT,
    price: 5,
    volume: 1,
    conditions: undefined,
    ingested: 1,
  };
  await store.writeTrades("A", MIDNIGHT, [row]);
  await batch.markTrade("A", MIDNIGHT, row.id, "cancel");
  await store.writeTrades("A", MIDNIGHT, [{ ...row, price: 6 }]);
  const [stored] = await Array.fromAsync(batch.trades("A", MIDNIGHT, MIDNIGHT + 1));
  assertEquals([stored?.price, stored?.cancelled], [6, "cancel"]);
  const [seen] = await Array.fromAsync(store.trades("A", MIDNIGHT, MIDNIGHT + 1));
  assertEquals(seen?.cancelled, "cancel");
  assertEquals(await new SqliteMarketReader(database).trades("A", MIDNIGHT + 1, 5), []);
});
