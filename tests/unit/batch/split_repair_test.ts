import { assertEquals } from "@std/assert";
import { repairSplits } from "../../../src/batch/split_repair.ts";
import type { Unit } from "../../../src/batch/examine.ts";
import { emptyAggregate } from "../../../src/market/aggregate.ts";
import { barsOf } from "../../../src/market/bars.ts";
import { Calendars } from "../../../src/market/calendar/calendars.ts";
import { ALL_SERIES, bucketOf, candlesOf } from "../../../src/market/series.ts";
import { positionOf } from "../../../src/market/position.ts";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";
import { until } from "../../services/until.ts";
import { silent } from "../processing/fakes.ts";
import { HOUR, MemoryBatchStore, START, streamed, writtenAt } from "./fakes.ts";

Deno.test("an hour is made right, and again when the other partition's owner has written its own trades", async () => {
  const store = new MemoryBatchStore();
  const trades = Array.from({ length: 20 }, (_, i) => ({
    symbol: "A",
    price: 10 + i,
    volume: 1,
    time: START + i * 1000,
    conditions: [],
  }));
  await store.writeTrades("A", START, streamed(trades));
  const kind = candlesOf("1h")!;
  // As the owner of one partition writes it, of its own trades alone.
  const writeHalf = (offset: number) =>
    store.writeRepairs({ symbol: "A", kind, bucket: bucketOf(kind, START) }, [{
      key: START,
      aggregate: { ...emptyAggregate(), count: 10, volume: 10 },
      partition: 3,
      complete: positionOf(1, offset),
      timestamp: writtenAt(offset),
    }]);
  const trade = () => store.rows.get(`A 1h ${START}`)?.values[0];
  await writeHalf(9);
  const registry = new MetricRegistry();
  const repaired = registry.counter("repaired", "Windows");
  let now = START + HOUR / 2;
  let touched: Unit[] = [{ symbol: "A", hour: START }];
  const stop = new AbortController();
  const repairing = repairSplits({
    series: ALL_SERIES,
    bars: [barsOf("tick", 5)],
    calendars: new Calendars(),
    store,
    take: () => touched.splice(0),
    repaired,
    log: silent,
    now: () => now,
    interval: 1,
    settle: 1,
  }, stop.signal);
  const whole = () =>
    until("the hour to be whole", () => Promise.resolve(trade() === 20 ? true : `${trade()}`));
  await whole();
  const bars = () => [...store.rows.keys()].filter((name) => name.startsWith("A tick-5 ")).length;
  await until("its bars to be there", () => Promise.resolve(bars() === 4 ? true : `${bars()}`));
  await writeHalf(12);
  now += 61_000;
  await whole();
  // Two minutes after the hour's end nobody writes it any more.
  now = START + HOUR + 3 * 60_000;
  const reads: string[] = [];
  store.beforeRead = (symbol) => reads.push(symbol);
  touched = [{ symbol: "B", hour: START + HOUR }];
  await until("the other symbol to be read", () => Promise.resolve(reads.includes("B") || "not yet"));
  now += 61_000;
  reads.length = 0;
  await until("it to be read again", () => Promise.resolve(reads.includes("B") || "not yet"));
  assertEquals(reads.includes("A"), false);
  stop.abort();
  await repairing;
});
