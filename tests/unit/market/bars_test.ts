import { assertEquals } from "@std/assert";
import { addArrival, emptyAggregate } from "../../../src/market/aggregate.ts";
import { BarBuilder, barOf, barsOf, isFull } from "../../../src/market/bars.ts";
import { HOUR_MS } from "../../../src/market/series.ts";

const HOUR = 500_000 * HOUR_MS;

/** Counts of trades by bar, of trades of these volumes at a price of 2. */
function counts(measure: "tick" | "volume" | "dollar", size: number, volumes: readonly number[]): number[] {
  const builder = new BarBuilder(barsOf(measure, size), HOUR);
  const found: number[] = [];
  for (const volume of volumes) {
    if (builder.add(2, volume, HOUR)) found.push(0);
    found[found.length - 1] = builder.aggregate.count;
  }
  return found;
}

Deno.test("a bar ends with the trade by which it reaches its size; no trade is split", () => {
  assertEquals(counts("tick", 3, [1, 1, 1, 1, 1, 1, 1]), [3, 3, 1]);
  assertEquals(counts("volume", 10, [4, 6, 25, 1, 0, 9, 3]), [2, 1, 3, 1]);
  assertEquals(counts("dollar", 10, [4, 1, 5, 0, 1]), [2, 1, 2]);
});

Deno.test("a bar opens with the trade that came first and closes with the last, whatever their times", () => {
  const bar = emptyAggregate();
  addArrival(bar, 5, 1, HOUR + 900);
  addArrival(bar, 7, 1, HOUR + 100);
  addArrival(bar, 6, 1, HOUR + 500);
  assertEquals([bar.open, bar.high, bar.low, bar.close], [5, 7, 5, 6]);
  assertEquals([bar.openTime, bar.closeTime], [HOUR + 900, HOUR + 500]);
});

Deno.test("bars of an hour go on from the newest that is there", () => {
  const kind = barsOf("tick", 2);
  const one = emptyAggregate();
  addArrival(one, 5, 1, HOUR);
  const open = new BarBuilder(kind, HOUR, { key: HOUR + 7, aggregate: { ...one } });
  assertEquals([open.add(6, 1, HOUR), open.key, open.aggregate.count], [false, HOUR + 7, 2]);
  assertEquals([open.add(6, 1, HOUR), open.key, open.aggregate.count], [true, HOUR + 8, 1]);
});

Deno.test("the last bar that an hour can have takes all the rest, so that no hour runs into the next", () => {
  const kind = barsOf("tick", 2);
  const builder = new BarBuilder(kind, HOUR, { key: HOUR + HOUR_MS - 1, aggregate: emptyAggregate() });
  for (let i = 0; i < 5; i++) assertEquals(builder.add(1, 1, HOUR), false);
  assertEquals([builder.key, builder.aggregate.count], [HOUR + HOUR_MS - 1, 5]);
  assertEquals(isFull(kind, HOUR + HOUR_MS - 2, builder.aggregate), true);
});

Deno.test("a bar tells whether it is full by the sums that its row has", () => {
  const row: Record<string, number> = {
    hour: HOUR,
    number: 3,
    trade_count: 4,
    volume: 10,
    turnover: 20,
    open_timestamp: 1,
  };
  assertEquals(barOf(barsOf("tick", 4), (column) => row[column]).full, true);
  assertEquals(barOf(barsOf("volume", 10.5), (column) => row[column]).full, false);
  assertEquals(barOf(barsOf("dollar", 20), (column) => row[column]), {
    ...{ hour: HOUR, number: 3, start: 1, end: 0, open: 0, high: 0, low: 0, close: 0 },
    ...{ volume: 10, turnover: 20, trades: 4, full: true },
  });
});
