import { assert, assertEquals } from "@std/assert";
import { Database } from "../../../src/embedded/database.ts";
import { EmbeddedDeadLetters } from "../../../src/embedded/dead_letters.ts";
import { EmbeddedLog } from "../../../src/embedded/log.ts";
import { writeFetched } from "../../../src/embedded/tables/fetched_candles.ts";
import { SqliteMarketReader } from "../../../src/embedded/tables/market_reader.ts";
import { Retention, type RetentionOptions } from "../../../src/embedded/tables/retention.ts";
import { positionOf } from "../../../src/market/position.ts";
import { barsOf } from "../../../src/market/bars.ts";
import { ALL_SERIES, bucketOf, CANDLES } from "../../../src/market/series.ts";
import { count, heard, storeOf } from "./parts.ts";

const DAY = 86_400_000;
const LAST_YEAR = Date.UTC(2023, 4, 30);
const NOW = Date.UTC(2024, 4, 30);

const aggregate = {
  count: 1,
  volume: 2,
  turnover: 6,
  open: 3,
  openTime: 1,
  high: 4,
  low: 2,
  close: 3,
  closeTime: 5,
};

function retentionOf(database: Database, keep: Partial<RetentionOptions>): Retention {
  return new Retention({
    database,
    embedded: new EmbeddedLog({ database, partitions: 4, retention: 10 }),
    keepTrades: 0,
    keepWindows: 0,
    keepLetters: 0,
    log: heard().log,
    now: () => NOW,
    ...keep,
  });
}

/** Windows of each series of a symbol, one a day. */
async function fill(database: Database, symbol: string, from: number, days: number): Promise<void> {
  const store = storeOf(database);
  for (const kind of [...ALL_SERIES, barsOf("tick", 5)]) {
    for (let day = 0; day < days; day++) {
      const key = from + day * DAY;
      await store.writeWindows({ symbol, kind, bucket: bucketOf(kind, key) }, [
        { key, aggregate, partition: 0, complete: positionOf(1, day) },
      ]);
    }
  }
}

Deno.test("windows are kept by the market's time of their symbol: a replay of last year stays", async () => {
  using database = new Database(":memory:");
  await fill(database, "OLD", LAST_YEAR, 90);
  await fill(database, "NEW", NOW - 90 * DAY, 90);
  for (const _ of retentionOf(database, { keepWindows: 30 * DAY }).steps(true));
  for (const symbol of ["OLD", "NEW"]) {
    const rows = database.all(
      "SELECT interval, MIN(window_start) AS first, COUNT(*) AS n FROM candles WHERE symbol = ? GROUP BY interval",
      symbol,
    );
    assertEquals(rows.length, CANDLES.length);
    const last = symbol === "OLD" ? LAST_YEAR + 89 * DAY : NOW - DAY;
    for (const { first, n } of rows) assertEquals([first, n], [last - 30 * DAY, 31]);
  }
  assertEquals(count(database, "running_averages_15_sec"), 62);
  for (const _ of retentionOf(database, {}).steps(true));
  assertEquals(count(database, "candles"), 62 * CANDLES.length, "0 keeps them for ever");
});

Deno.test("dead letters are removed when they have been kept long enough", async () => {
  using database = new Database(":memory:");
  const signal = new AbortController().signal;
  for (const [offset, at] of [NOW - 8 * DAY, NOW - 6 * DAY].entries()) {
    const office = new EmbeddedDeadLetters({
      database,
      log: heard().log,
      random: () => 0,
      now: () => at,
      signal,
    });
    await office.send({ partition: 0, error: "bad", message: { offset, timestamp: 0, value: null } });
  }
  for (const _ of retentionOf(database, { keepLetters: 7 * DAY }).steps(false));
  assertEquals(database.all("SELECT log_offset FROM dead_letters").map((row) => row.log_offset), [1]);
});

Deno.test("200,000 trades are removed in steps, each a small part of the whole", async () => {
  using database = new Database(":memory:");
  const store = storeOf(database);
  const id = (i: number) => {
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setUint32(12, i);
    return bytes;
  };
  for (let i = 0; i < 200_000; i += 5000) {
    await store.writeTrades(
      `S${i % 3}`,
      0,
      Array.from({ length: 5000 }, (_, j) => ({
        id: id(i + j),
        time: i + j,
        price: 1,
        volume: 1,
        conditions: undefined,
        ingested: i + j < 190_000 ? NOW - 2 * DAY : NOW,
      })),
    );
  }
  const steps: number[] = [];
  let start = performance.now();
  for (const _ of retentionOf(database, { keepTrades: DAY }).steps(false)) {
    steps.push(performance.now() - start);
    start = performance.now();
  }
  assertEquals(count(database, "trades"), 10_000);
  const whole = steps.reduce((sum, ms) => sum + ms, 0);
  const median = steps.toSorted((a, b) => a - b)[steps.length >> 1]!;
  assert(steps.length >= 900 && median < whole / 100, `${steps.length} steps, the median of ${median} ms`);
});

/** Keeps what was asked. */
class Asked extends Database {
  readonly asked: string[] = [];

  override all(sql: string, ...values: Parameters<Database["all"]>[1][]): Record<string, unknown>[] {
    this.asked.push(sql);
    return super.all(sql, ...values);
  }
}

Deno.test("a question for few windows or trades goes to its range in the key, and sorts nothing", async () => {
  using database = new Asked(":memory:");
  const reader = new SqliteMarketReader(database);
  await reader.candles("A", "5s", NOW, NOW + 60_000, 10);
  await reader.averages("A", NOW, NOW + 60_000, 10);
  await reader.trades("A", NOW, 10);
  assertEquals(database.asked.length, 3);
  const range = [
    /\(bucket,window_start\)>\(\?,\?\) AND \(bucket,window_start\)<\(\?,\?\)/,
    /\(bucket,window_end\)>\(\?,\?\) AND \(bucket,window_end\)<\(\?,\?\)/,
    /\(hour,trade_timestamp\)<\(\?,\?\)/,
  ];
  for (const [i, sql] of database.asked.slice(0, 3).entries()) {
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map(({ detail }) => String(detail));
    assertEquals(plan.length, 1, plan.join("\n"));
    assert(range[i]!.test(plan[0]!), plan[0]!);
  }
});

Deno.test("ranges of candles are exact at the edges of buckets, and beyond all dates", async () => {
  using database = new Database(":memory:");
  await fill(database, "A", Date.UTC(2024, 0, 30), 5);
  const reader = new SqliteMarketReader(database);
  const starts = async (interval: string, from: number, to: number) =>
    (await reader.candles("A", interval, from, to, 100)).map(({ start }) => new Date(start).getUTCDate());
  for (const { name } of CANDLES) {
    assertEquals(await starts(name, 0, Number.MAX_SAFE_INTEGER), [30, 31, 1, 2, 3]);
    assertEquals(await starts(name, Date.UTC(2024, 0, 31), Date.UTC(2024, 1, 2)), [31, 1]);
    assertEquals(await starts(name, Date.UTC(2024, 0, 31) + 1, Date.UTC(2024, 1, 2) + 1), [1, 2]);
  }
  assertEquals((await reader.averages("A", -Infinity, Infinity, 100)).length, 5);
  assertEquals(await starts("7s", 0, NOW), []);
});

Deno.test("what is known of feeds, and fetched candles, are kept by the clock as long as windows", async () => {
  using database = new Database(":memory:");
  const store = storeOf(database);
  for (const before of [1, 5, 9]) {
    const from = NOW - before * DAY;
    const row = { partition: 0, position: positionOf(1, before) };
    const span = { symbol: "A", from, to: from, why: "" };
    await store.writeSpans([{ ...row, span: { ...span, kind: "followed" } }]);
    // One that nobody closed.
    await store.writeSpans([{ ...row, span: { symbol: "A", from, kind: "gap", why: "lost" } }]);
    const candle = { start: from, open: 1, high: 1, low: 1, close: 1, volume: 1 };
    writeFetched(database, "A", CANDLES[2]!, [candle], NOW);
  }
  for (const _ of retentionOf(database, { keepWindows: 6 * DAY }).steps(true));
  for (const table of ["feed_gaps", "feed_follows", "fetched_candles"]) {
    assertEquals(count(database, table), 2, table);
  }
});
