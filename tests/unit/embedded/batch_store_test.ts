import { assertEquals } from "@std/assert";
import { SqliteBatchStore } from "../../../src/embedded/tables/batch_store.ts";
import { Database } from "../../../src/embedded/database.ts";
import { RefusedRows } from "../../../src/embedded/tables/refused_rows.ts";
import { SqliteStore } from "../../../src/embedded/tables/store.ts";
import { emptyAggregate } from "../../../src/market/aggregate.ts";
import { positionOf, repairPlace, writeTimestamp } from "../../../src/market/position.ts";
import { bucketOf, candlesOf } from "../../../src/market/series.ts";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";
import { silent } from "../processing/fakes.ts";

const HOUR = 3_600_000;
const START = 400_000 * HOUR;
const KIND = candlesOf("1m")!;
const SERIES = { symbol: "A", kind: KIND, bucket: bucketOf(KIND, START) };

function storeIn(database: Database, now = 0) {
  const refused = new MetricRegistry().counter("refused", "");
  const stream = new SqliteStore(
    database,
    new RefusedRows({ database, refused, log: silent, now: () => now }),
  );
  return { stream, batch: new SqliteBatchStore(database, stream, () => now) };
}

const aggregate = (count: number) => ({
  ...emptyAggregate(),
  count,
  volume: count,
  turnover: count,
  open: 1,
  high: 1,
  low: 1,
  close: 1,
  openTime: START,
  closeTime: START,
});

Deno.test("of two repairs of a position the later stays, and any later write of the stream wins over both", async () => {
  using database = new Database(":memory:");
  const { batch, stream } = storeIn(database);
  const windows = async () => {
    const rows = await Array.fromAsync(batch.windows("A", KIND, START, START + HOUR));
    return rows.map(({ values, written }) => [values[0], written]);
  };
  const position = positionOf(3, 9);
  const row = (count: number, complete: number) => ({
    key: START,
    aggregate: aggregate(count),
    partition: 0,
    complete,
  });
  await stream.writeWindows(SERIES, [row(1, position)]);
  assertEquals(await windows(), [[1, BigInt(writeTimestamp(position))]]);
  for (const count of [2, 3]) {
    const [, written] = (await windows())[0]!;
    const place = repairPlace(position, written as bigint, 0)!;
    await batch.writeRepairs(SERIES, [{ ...row(count, position), ...place }]);
    assertEquals(await windows(), [[count, place.timestamp]]);
  }
  await stream.writeWindows(SERIES, [row(4, position)]);
  assertEquals((await windows())[0]![0], 3, "the stream's own of that position comes too late");
  await stream.writeWindows(SERIES, [row(5, position + 1)]);
  assertEquals((await windows())[0]![0], 5);
  const late = {
    key: START,
    aggregate: undefined,
    partition: 0,
    complete: position,
    timestamp: BigInt(writeTimestamp(position)),
  };
  await batch.writeRepairs(SERIES, [late]);
  assertEquals((await windows()).length, 1, "an earlier removal takes nothing newer away");
  await batch.writeRepairs(SERIES, [{ ...late, timestamp: BigInt(writeTimestamp(position + 2)) }]);
  assertEquals(await windows(), []);
});

Deno.test("trades come page by page, each once and in order, and what nobody of us wrote is passed over", async () => {
  const malformed: string[] = [];
  using database = new Database(":memory:", { onMalformed: (what) => malformed.push(what) });
  const { batch } = storeIn(database, 77);
  const count = 12_345;
  for (const hour of [START, START + HOUR]) {
    await batch.writeTrades(
      "A",
      hour,
      Array.from({ length: count }, (_, i) => {
        const id = new Uint8Array(16);
        new DataView(id.buffer).setUint32(0, i);
        // Many of one time, so that pages end between them.
        return {
          id,
          time: hour + Math.floor(i / 100),
          price: 1 + i,
          volume: 1,
          conditions: undefined,
          ingested: undefined,
        };
      }),
    );
  }
  const prices = async (from: number, to: number) =>
    (await Array.fromAsync(batch.trades("A", from, to))).map(({ price }) => price);
  const all = Array.from({ length: count }, (_, i) => 1 + i);
  assertEquals(await prices(START, START + 2 * HOUR), [...all, ...all]);
  assertEquals(await prices(START + 7, START + 9), all.slice(700, 900));
  assertEquals(await batch.spans(), new Map([["A", { from: START, to: START + 3 * HOUR }]]));
  assertEquals(database.all("SELECT DISTINCT ingest_timestamp AS at FROM trades"), [{ at: 77 }]);
  database.run("UPDATE trades SET price = 'dear' WHERE price = 1");
  assertEquals((await prices(START, START + HOUR)).length, count - 1);
  assertEquals(malformed, ["a row of trades"]);
});
