import { assertEquals } from "@std/assert";
import { decodeMessage } from "../../../src/market/message.ts";
import { goodTrades } from "../../../src/market/seen_trades.ts";
import type { Trade } from "../../../src/market/trade.ts";
import { processorMetrics } from "../../../src/processing/processor_metrics.ts";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";
import { bench, MemoryStore, messagesOf } from "./fakes.ts";

const START = Date.UTC(2024, 1, 29, 23, 50);
const NOW = START + 3_600_000;

Deno.test("a trade is a day ahead by its message's time: whoever reads it, whenever, judges it the same", async () => {
  const day = 86_400_000;
  const trade: Trade = { symbol: "A", price: 1, volume: 1, time: NOW + 2 * day, conditions: [] };
  const cases: [timestamp: number, good: boolean][] = [
    [NOW, false],
    [NOW + 1.5 * day, true],
    // Absent, or no time of ours: nothing but the calendar judges.
    [-1, true],
    [0, true],
    [NaN, true],
    [Infinity, true],
  ];
  for (const [timestamp, good] of cases) {
    const messages = messagesOf([[trade]]).map((message) => ({ ...message, timestamp }));
    const store = new MemoryStore();
    for (const readAt of [NOW, NOW + 10 * day]) {
      const on = bench(readAt, store);
      const processor = on.start();
      await processor.process(messages);
      await processor.flush();
      assertEquals([on.letters.length, store.raw.size], good ? [0, 1] : [1, 0], `${timestamp}`);
      const counts = [...store.windows.values()].flatMap((rows) =>
        [...rows.values()].map((row) => row.aggregate.count)
      );
      assertEquals(new Set(counts), new Set(good ? [1] : []));
      const shown = goodTrades(decodeMessage(messages[0]!.value), timestamp);
      assertEquals(shown.length, good ? 1 : 0, "the page shows what is stored");
    }
  }
});

Deno.test("a time that no calendar has makes its trade bad, and not those beside it", async () => {
  const on = bench(NOW);
  const processor = on.start();
  const good: Trade = { symbol: "A", price: 1, volume: 1, time: START, conditions: [] };
  const year = 253_402_300_800_000;
  const times = [START, year, START, -1];
  const message = messagesOf([times.map((time) => ({ ...good, time }))])[0]!;
  await processor.process([{ ...message, timestamp: -1 }]);
  await processor.flush();
  assertEquals(on.letters.map(({ badTrades }) => badTrades), [[1, 3]]);
  assertEquals(on.store.raw.size, 2);
});

Deno.test("times that are absent or of the future leave the latency as it is, and are counted apart", async () => {
  const registry = new MetricRegistry();
  const metrics = processorMetrics(registry);
  const on = bench(NOW, undefined, metrics);
  const processor = on.start();
  const good: Trade = { symbol: "A", price: 1, volume: 1, time: START, conditions: [] };
  const timestamps = [NOW - 3000, -1, NOW + 86_400_000, NaN, 5, NOW + 100];
  const messages = messagesOf(timestamps.map(() => [good]));
  await processor.process(messages.map((message, i) => ({ ...message, timestamp: timestamps[i]! })));
  await processor.flush();
  const sum = /latency_seconds_sum (.*)/.exec(registry.text())![1];
  assertEquals([sum, metrics.latencyUnknown.value()], ["3", 4]);
  assertEquals([...on.store.raw.values()].map(({ ingested }) => ingested), [
    NOW - 3000,
    undefined,
    NOW + 86_400_000,
    undefined,
    undefined,
    NOW + 100,
  ]);
});
