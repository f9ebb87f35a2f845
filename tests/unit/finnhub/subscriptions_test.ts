import { assert, assertEquals } from "@std/assert";
import { Subscriptions } from "../../../src/finnhub/subscriptions.ts";

function bench(symbols: readonly string[]) {
  const clock = { now: 0 };
  const made = new Subscriptions({ symbols, random: () => 1, now: () => clock.now });
  const connect = () => {
    made.begin();
    for (const symbol of made.symbols) made.asked(symbol);
  };
  connect();
  return { made, clock, connect };
}

Deno.test("a refused symbol is asked for again, at growing intervals of at most five minutes, until it is taken", () => {
  const { clock, made } = bench(["A", "B"]);
  const asks: number[] = [];
  assertEquals(made.refuse("Invalid symbol B"), "B");
  for (let tries = 0; tries < 6; tries++) {
    const start = clock.now;
    clock.now += made.dueIn()!;
    assertEquals(made.due(), { again: ["B"], taken: [] });
    asks.push(clock.now - start);
    made.asked("B");
    made.refuse("Invalid symbol B");
  }
  assertEquals(asks, [40_000, 80_000, 160_000, 300_000, 300_000, 300_000]);
  assertEquals([...made.refused], [["B", "Invalid symbol B"]]);
  clock.now += made.dueIn()!;
  made.due();
  made.asked("B");
  assertEquals(made.dueIn(), 10_000);
  clock.now += 10_000;
  assertEquals(made.due(), { again: [], taken: ["B"] });
  assertEquals([made.refused.size, made.dueIn()], [0, undefined]);
});

Deno.test("a trade of a refused symbol shows that it is taken", () => {
  const { made } = bench(["A"]);
  made.refuse("Invalid symbol A");
  assertEquals([made.traded("A"), made.refused.size, made.traded("A")], [true, 0, false]);
});

Deno.test("a refusal outlives the connection: the next one asks for the symbol, and waits go on growing", () => {
  const { clock, connect, made } = bench(["A", "B"]);
  made.refuse("Invalid symbol B");
  connect();
  assertEquals([...made.refused.keys()], ["B"]);
  made.refuse("Invalid symbol B");
  assertEquals(made.dueIn(), 80_000);
  // Said again of the same subscription, it moves nothing.
  clock.now += 1000;
  made.refuse("Invalid symbol B");
  assertEquals(made.dueIn(), 79_000);
});

Deno.test("an error names the longest symbol of ours that is a word of it, or none", () => {
  const { made } = bench(["X", "BINANCE:X", "IC MARKETS:1", "BRK.B"]);
  const named = ["Invalid symbol BINANCE:X", "Invalid symbol: 'X'", "Invalid symbol IC MARKETS:1."];
  assertEquals(named.map((message) => made.refuse(message)), ["BINANCE:X", "X", "IC MARKETS:1"]);
  for (const message of ["Invalid symbol BINANCE:XY", "Invalid symbol x", "Invalid symbol FOO"]) {
    assertEquals(made.refuse(message), undefined, message);
  }
  assertEquals(made.refused.size, 3);
});

Deno.test('each "too many symbols" error refuses the last symbol that has not traded', () => {
  const { made } = bench(["A", "B", "C", "D", "E"]);
  made.traded("D");
  const message = "Subscribing to too many symbols";
  assertEquals([made.refuse(message), made.refuse(message)], ["E", "C"]);
  assertEquals([...made.refused.keys()], ["E", "C"]);
  made.asked("E");
  assertEquals(made.refuse(message), "E", "the one that was asked for last");
});

Deno.test("no flood of errors makes it hold more than its own symbols", () => {
  const { made } = bench(["A"]);
  made.traded("A");
  for (let i = 0; i < 10_000; i++) made.refuse(i % 2 === 0 ? `Invalid symbol J${i}` : "Too many symbols");
  assert(made.refused.size === 0);
  made.refuse(`Invalid symbol A ${"x".repeat(10_000)}`);
  assert(made.refused.get("A")!.length <= 200);
});
