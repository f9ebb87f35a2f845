import { assert, assertEquals, assertThrows } from "@std/assert";
import { foldHour, hoursOf, keysOfHour } from "../../../src/batch/fold.ts";
import { TooManyTrades, TradeColumns } from "../../../src/batch/trade_columns.ts";
import { positionOf } from "../../../src/market/position.ts";
import { ALL_SERIES } from "../../../src/market/series.ts";
import { importedTradeId } from "../../../src/market/trade_id.ts";
import { expectedAverages, expectedCandles } from "../../expected.ts";
import { HOUR, madeTrades, MemoryBatchStore, START, streamed } from "./fakes.ts";

async function columnsOf(store: MemoryBatchStore, from: number, to: number): Promise<TradeColumns> {
  const columns = new TradeColumns(1e6);
  for await (const trade of store.trades("A", from, to)) columns.add(trade);
  return columns;
}

Deno.test("the windows of all hours are each window once, equal to the last bit to plain code's", async () => {
  const trades = madeTrades(5000, 1);
  const store = new MemoryBatchStore();
  await store.writeTrades("A", 0, streamed(trades));
  const wanted = new Map([...expectedCandles(trades), ...expectedAverages(trades)]);
  let found = 0;
  for (const hour of [-2, -1, 0, 1].map((i) => START + i * HOUR)) {
    const columns = await columnsOf(store, hour - 10_000, hour + HOUR);
    for (const { all, key, kind } of foldHour(columns, hour, () => undefined)) {
      const { close, count, high, low, open, turnover, volume } = all;
      const name = `A ${kind.name} ${key}`;
      assertEquals({ close, count, high, low, open, turnover, volume }, wanted.get(name)!, name);
      found++;
    }
  }
  assertEquals(found, wanted.size);
});

Deno.test("imported trades count first, by time and place; then the log's by position, of both epochs", async () => {
  const [imported, first, second] = [madeTrades(300, 2), madeTrades(300, 3), madeTrades(300, 4)] as const;
  const store = new MemoryBatchStore();
  await store.writeTrades("A", 0, streamed(second, 2, 0));
  await store.writeTrades("A", 0, streamed(first, 1, 1000));
  const seen = new Map<number, number>();
  const rows = imported.map((trade) => {
    const place = seen.get(trade.time) ?? 0;
    seen.set(trade.time, place + 1);
    return { ...trade, id: importedTradeId(trade, place), ingested: 0 };
  });
  await store.writeTrades("A", 0, rows.reverse());
  const byTime = [...imported].sort((a, b) => a.time - b.time);
  const wanted = expectedCandles([...byTime, ...first, ...second]);
  const hour = START - HOUR;
  for (const { all, key, kind } of foldHour(await columnsOf(store, hour, START), hour, () => undefined)) {
    if (kind.keyedBy === "end") continue;
    const { close, open, turnover } = all;
    const { close: lastPrice, open: firstPrice, turnover: sum } = wanted.get(`A ${kind.name} ${key}`)!;
    assertEquals({ close, open, turnover }, { close: lastPrice, open: firstPrice, turnover: sum });
  }
});

Deno.test("trades after what a row claims are pending, those before are known", async () => {
  const store = new MemoryBatchStore();
  const trades = madeTrades(100, 5).map((trade) => ({ ...trade, time: START + 1 }));
  await store.writeTrades("A", 0, streamed(trades));
  const columns = await columnsOf(store, START, START + HOUR);
  for (const fold of foldHour(columns, START, () => positionOf(1, 29))) {
    assertEquals([fold.known.count, fold.pending, fold.all.count], [60, 40, 100]);
    assertEquals([fold.newest, fold.partition], [positionOf(1, 49), 3]);
    const half = expectedCandles(trades.slice(0, 60)).get(`A 5s ${START}`)!;
    assertEquals([fold.known.turnover, fold.known.close], [half.turnover, half.close]);
  }
});

Deno.test("hours know their windows: averages that end at an hour's start belong to the one before", () => {
  for (const kind of ALL_SERIES) {
    const { from, to } = keysOfHour(kind, START);
    assertEquals(to - from, HOUR);
    assertEquals(from, kind.keyedBy === "end" ? START + 5000 : START);
  }
  assertEquals(hoursOf(START), [START]);
  assertEquals(hoursOf(START - 1), [START - HOUR, START]);
  assertEquals(hoursOf(START - 10_000), [START - HOUR, START]);
  assertEquals(hoursOf(START - 10_001), [START - HOUR]);
});

Deno.test("an hour of more trades than may be held is refused", () => {
  const columns = new TradeColumns(3000);
  const [trade] = streamed(madeTrades(1, 1));
  const stored = { ...trade!, conditions: [] };
  for (let i = 0; i < 3000; i++) columns.add(stored);
  assertThrows(() => columns.add(stored), TooManyTrades, "3000");
  assert(columns.inStreamOrder().length === 3000);
});
