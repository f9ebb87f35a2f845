import { assertEquals } from "@std/assert";
import { parcels, PublisherBuffer } from "../../../src/publishing/publisher_buffer.ts";
import type { Trade } from "../../../src/market/trade.ts";

const trade = (symbol: string, price = 1): Trade => ({ symbol, price, volume: 1, time: 0, conditions: [] });
const parcel = (count: number, symbol = "A") => ({
  symbol,
  trades: Array(count).fill(trade(symbol)),
  receivedAt: 0,
});

Deno.test("parcels() gives each symbol of a frame its own message, its trades in order", () => {
  const made = parcels([trade("A", 1), trade("B", 2), trade("A", 3)], 5);
  assertEquals(made.map(({ symbol, trades }) => [symbol, trades.map(({ price }) => price)]), [["A", [1, 3]], [
    "B",
    [2],
  ]]);
  assertEquals(made[0]!.receivedAt, 5);
});

Deno.test("parcels() splits a frame that would make too large a message", () => {
  assertEquals(parcels(Array(2500).fill(trade("A")), 0).map(({ trades }) => trades.length), [
    1000,
    1000,
    500,
  ]);
});

Deno.test("PublisherBuffer sheds the oldest trades beyond its bound and counts them exactly", () => {
  const buffer = new PublisherBuffer(10);
  assertEquals([buffer.add(parcel(4, "old")), buffer.add(parcel(6, "mid")), buffer.size], [0, 0, 10]);
  assertEquals([buffer.add(parcel(1, "new")), buffer.size], [4, 7]);
  assertEquals(buffer.take(100).map(({ symbol }) => symbol), ["mid", "new"]);
  assertEquals(buffer.size, 0);
});

Deno.test("PublisherBuffer holds a single frame that is larger than its bound", () => {
  const buffer = new PublisherBuffer(10);
  assertEquals([buffer.add(parcel(25)), buffer.size], [0, 25]);
  assertEquals([buffer.add(parcel(1)), buffer.size], [25, 1]);
});

Deno.test("take() gives whole parcels up to the asked number of trades, but at least one", () => {
  const buffer = new PublisherBuffer(1000);
  for (const count of [3, 3, 3]) buffer.add(parcel(count));
  assertEquals(buffer.take(7).length, 2);
  assertEquals(buffer.take(1).length, 1);
  assertEquals(buffer.take(1).length, 0);
});

Deno.test("PublisherBuffer keeps order and count over many rounds of its inner clean-up", () => {
  const buffer = new PublisherBuffer(100_000);
  let next = 0;
  let expected = 0;
  for (let round = 0; round < 200; round++) {
    for (let i = 0; i < 50; i++) buffer.add({ symbol: String(next++), trades: [trade("A")], receivedAt: 0 });
    for (const { symbol } of buffer.take(45)) assertEquals(symbol, String(expected++));
  }
  assertEquals(buffer.size, next - expected);
});
