import { assert, assertEquals } from "@std/assert";
import { Backfill, unmended } from "../../../src/batch/backfill.ts";
import { barTable } from "../../../src/batch/bars/export_bars.ts";
import { avroFile, csv, ndjson } from "../../../src/batch/files/export_format.ts";
import { parquet } from "../../../src/batch/files/parquet.ts";
import { Database } from "../../../src/embedded/database.ts";
import { SqliteBatchStore } from "../../../src/embedded/tables/batch_store.ts";
import { SqliteMarketReader } from "../../../src/embedded/tables/market_reader.ts";
import { seededRandom } from "../../../src/finnhub/random.ts";
import { barsOf } from "../../../src/market/bars.ts";
import { HOUR_MS, hourOf } from "../../../src/market/series.ts";
import type { Trade } from "../../../src/market/trade.ts";
import { importedTradeId } from "../../../src/market/trade_id.ts";
import { expectedBars } from "../../bar_expected.ts";
import { bench, MemoryStore, messagesOf, silent } from "../processing/fakes.ts";
import { storeOf } from "./parts.ts";

const MIDNIGHT = Date.UTC(2024, 8, 1);
const NOW = MIDNIGHT + HOUR_MS;
const KINDS = [barsOf("tick", 7), barsOf("volume", 250), barsOf("dollar", 9999.5)];

/** Trades on both sides of a midnight, some late, in stream order. */
function tradesOf(count: number): Trade[] {
  const random = seededRandom(11);
  return Array.from({ length: count }, (_, i) => ({
    symbol: "A",
    price: Math.round(random() * 10_000) / 100,
    volume: random() < 0.1 ? 0 : Math.ceil(random() * 100),
    time: MIDNIGHT - 60_000 + i * 200 - Math.floor(random() * 30_000),
    conditions: [],
  }));
}

const trades = tradesOf(900);
const messages = messagesOf(Array.from({ length: 90 }, (_, i) => trades.slice(i * 10, (i + 1) * 10)));

function embedded() {
  const database = new Database(":memory:");
  const store = storeOf(database);
  const memory = Object.assign(new MemoryStore(), {
    writeTrades: store.writeTrades.bind(store),
    writeWindows: store.writeWindows.bind(store),
    readWindows: store.readWindows.bind(store),
    newestKey: store.newestKey.bind(store),
    trades: store.trades.bind(store),
  });
  memory.begunAt = new Map([...memory.begunAt, ...KINDS.map(({ name }) => [name, 0] as const)]);
  const reader = new SqliteMarketReader(database);
  return {
    database,
    on: bench(NOW, memory),
    reader,
    batch: new SqliteBatchStore(database, store, () => NOW),
  };
}

async function backfill(batch: SqliteBatchStore, repair: boolean, shrink = false): Promise<Backfill> {
  const layer = new Backfill({
    store: batch,
    bars: KINDS,
    repair,
    shrink,
    settle: 0,
    parallel: 2,
    maxTrades: 1e6,
    tradesFrom: 0,
    windowsFrom: 0,
    now: () => NOW,
    retry: (work) => work(),
    onDifference: () => {},
    log: silent,
  });
  const units = [-1, 0].map((i) => ({ symbol: "A", hour: MIDNIGHT + i * HOUR_MS }));
  await layer.run(units, () => Promise.resolve(), new AbortController().signal);
  return layer;
}

async function stored(reader: SqliteMarketReader) {
  const found = new Map<string, unknown>();
  for (const kind of KINDS) {
    for (const bar of await reader.bars("A", kind, MIDNIGHT - HOUR_MS, NOW, 10_000)) {
      const { close, high, hour, low, number, open, trades: count, turnover, volume } = bar;
      found.set(`A ${kind.name} ${hour + number}`, { open, high, low, close, volume, turnover, count });
    }
  }
  return found;
}

Deno.test("bars in SQLite equal those cut from the trades, over restarts; the batch layer says so, and a reader sees the newest", async () => {
  const { batch, database, on, reader } = embedded();
  using _ = database;
  for (const [from, to] of [[0, 25], [10, 60], [40, 90]] as const) {
    const processor = on.start({ bars: KINDS, batchRows: 3, maxWindows: 20 });
    for (let at = from; at < to; at += 5) await processor.process(messages.slice(at, at + 5));
    if (to !== 60) await processor.flush();
  }
  assertEquals(await stored(reader), new Map<string, unknown>(expectedBars(trades, KINDS)));
  const { totals } = await backfill(batch, false);
  assertEquals(unmended(totals), 0);

  const newest = await reader.bars("A", KINDS[0]!, MIDNIGHT, MIDNIGHT + 1, 3);
  const all = await reader.bars("A", KINDS[0]!, MIDNIGHT, NOW, 10_000);
  assertEquals(newest, all.slice(-3));
  assertEquals(all.map(({ number }) => number), all.map((_, i) => i));
  assertEquals(all.slice(0, -1).every(({ full }) => full), true);
  assertEquals(
    all.reduce((sum, bar) => sum + bar.trades, 0),
    trades.filter(({ time }) => time >= MIDNIGHT).length,
  );
});

Deno.test("a trade that is imported into an hour moves all of its bars, which a repair makes and a restarted stream goes on from", async () => {
  const { batch, database, on, reader } = embedded();
  using _ = database;
  const first = on.start({ bars: KINDS });
  await first.process(messages.slice(0, 60));
  await first.flush();
  const { symbol, ...trade } = { ...trades[0]!, volume: 77.5, time: MIDNIGHT + 1 };
  const id = importedTradeId({ symbol, ...trade }, 0);
  await batch.writeTrades("A", hourOf(trade.time), [{ ...trade, id, ingested: trade.time }]);
  const { totals } = await backfill(batch, true);
  assert(totals.repaired > 20, String(totals.repaired));
  assertEquals(unmended(totals), 0);

  const after = on.start({ bars: KINDS });
  await after.process(messages.slice(60));
  await after.flush();
  const wanted = expectedBars([{ symbol, ...trade }, ...trades], KINDS);
  assertEquals(await stored(reader), new Map<string, unknown>(wanted));
  assertEquals(unmended((await backfill(batch, false)).totals), 0);
});

Deno.test("the batch layer makes all bars from nothing, and mends each one that is wrong, is gone or should not be", async () => {
  const { batch, database, on, reader } = embedded();
  using _ = database;
  const plain = on.start();
  await plain.process(messages);
  await plain.flush();
  const made = await backfill(batch, true);
  assertEquals(unmended(made.totals), 0);
  const wanted = new Map<string, unknown>(expectedBars(trades, KINDS));
  assertEquals(await stored(reader), wanted);
  database.run("DELETE FROM bars WHERE series = 'tick-7' AND number = 3");
  database.run("UPDATE bars SET high = 1e9 WHERE series = 'tick-7' AND number = 5");
  database.run(
    "INSERT INTO bars SELECT symbol, series, hour, number + 500, trade_count, volume, turnover, vwap, open, high, " +
      "low, close, open_timestamp, close_timestamp, source_partition, source_epoch, source_offset, source_index, written, repair " +
      "FROM bars WHERE series = 'volume-250' AND number = 2",
  );
  assertEquals((await backfill(batch, false)).totals.differences, { missing: 2, values: 2, unfounded: 2 });
  // A bar too much holds trades that are not there: that is taken away only where it is told.
  assertEquals(unmended((await backfill(batch, true)).totals), 2);
  assertEquals(unmended((await backfill(batch, true, true)).totals), 0);
  assertEquals(await stored(reader), wanted);
});

Deno.test("bars are exported hour by hour in every format, whole hours whatever the time within", async () => {
  const { batch, database, on, reader } = embedded();
  using _ = database;
  const processor = on.start({ bars: KINDS });
  await processor.process(messages);
  await processor.flush();
  const kind = KINDS[1]!;
  const table = barTable(kind);
  const rows = await Array.fromAsync(table.rows(batch, "A", MIDNIGHT + 1, MIDNIGHT + 2));
  const bars = await reader.bars("A", kind, MIDNIGHT, NOW, 10_000);
  assertEquals(
    rows,
    bars.map((bar) => ({ symbol: "A", series: "volume-250", ...bar, vwap: bar.vwap ?? null })),
  );
  assertEquals(Object.keys(rows[0]!).sort(), [...table.columns].sort());
  for (const format of [ndjson, csv, avroFile, parquet]) {
    const parts = await Array.fromAsync(format(table, table.rows(batch, "A", MIDNIGHT, NOW)));
    assert(parts.reduce((sum, { length }) => sum + length, 0) > 1000);
  }
});
