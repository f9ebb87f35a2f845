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
  assertEquals([buffer.add("", parcel(4, "old")), buffer.add("", parcel(6, "mid")), buffer.size], [0, 0, 10]);
  assertEquals([buffer.add("", parcel(1, "new")), buffer.size], [4, 7]);
  assertEquals(buffer.take("", 100).map(({ symbol }) => symbol), ["mid", "new"]);
  assertEquals(buffer.size, 0);
});

Deno.test("PublisherBuffer holds a single frame that is larger than its bound", () => {
  const buffer = new PublisherBuffer(10);
  assertEquals([buffer.add("", parcel(25)), buffer.size], [0, 25]);
  assertEquals([buffer.add("", parcel(1)), buffer.size], [25, 1]);
});

Deno.test("take() gives whole parcels up to the asked number of trades, but at least one", () => {
  const buffer = new PublisherBuffer(1000);
  for (const count of [3, 3, 3]) buffer.add("", parcel(count));
  assertEquals(buffer.take("", 7).length, 2);
  assertEquals(buffer.take("", 1).length, 1);
  assertEquals(buffer.take("", 1).length, 0);
});

Deno.test("PublisherBuffer keeps order and count over many rounds of its inner clean-up", () => {
  const buffer = new PublisherBuffer(100_000);
  let next = 0;
  let expected = 0;
  for (let round = 0; round < 200; round++) {
    for (let i = 0; i < 50; i++) {
      buffer.add("", { symbol: String(next++), trades: [trade("A")], receivedAt: 0 });
    }
    for (const { symbol } of buffer.take("", 45)) assertEquals(symbol, String(expected++));
  }
  assertEquals(buffer.size, next - expected);
});

Deno.test("PublisherBuffer keeps each lane's order, and sheds the oldest of all of them", () => {
  const buffer = new PublisherBuffer(6);
  buffer.add("a", parcel(2, "a1"));
  buffer.add("b", parcel(2, "b1"));
  buffer.add("a", parcel(2, "a2"));
  assertEquals([...buffer.lanes()], ["a", "b"]);
  assertEquals(buffer.add("c", parcel(3, "c1")), 4);
  assertEquals([...buffer.lanes()], ["a", "c"], "a lane without a parcel is not remembered");
  assertEquals(buffer.take("a", 100).map(({ symbol }) => symbol), ["a2"]);
  assertEquals(buffer.take("b", 100), []);
  assertEquals(buffer.take("c", 100).map(({ symbol }) => symbol), ["c1"]);
  assertEquals([buffer.size, [...buffer.lanes()].length], [0, 0]);
});
