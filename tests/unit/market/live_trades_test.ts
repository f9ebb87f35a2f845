import { assertEquals } from "@std/assert";
import { TradeHub } from "../../../src/market/live_trades.ts";

const batch = (symbol: string, count: number) => ({
  symbol,
  received: 1,
  trades: Array.from({ length: count }, (_, i) => ({ symbol, time: i, price: 1, volume: 1, conditions: [] })),
});

Deno.test("a slow reader loses the oldest and is told how many; another loses nothing", async () => {
  const hub = new TradeHub();
  const { signal } = new AbortController();
  using slow = hub.subscribe(10);
  using fast = hub.subscribe(1000);
  for (const symbol of ["A", "B", "C", "D"]) hub.publish(batch(symbol, 4));
  assertEquals((await slow.next(signal)).map(({ symbol }) => symbol), ["C", "D"]);
  assertEquals(slow.dropped, 8);
  assertEquals((await fast.next(signal)).length, 4);
  hub.publish(batch("E", 11));
  assertEquals((await slow.next(signal)).map(({ symbol }) => symbol), ["E"]);
});

Deno.test("a reader that waits is woken by trades and by the signal, and gone after it leaves", async () => {
  const hub = new TradeHub();
  const stop = new AbortController();
  {
    using reader = hub.subscribe(10);
    const waiting = reader.next(stop.signal);
    hub.publish(batch("A", 1));
    assertEquals((await waiting).length, 1);
    const last = reader.next(stop.signal);
    stop.abort();
    assertEquals(await last, []);
    assertEquals(hub.readers, 1);
  }
  assertEquals(hub.readers, 0);
});
