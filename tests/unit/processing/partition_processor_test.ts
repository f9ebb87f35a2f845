import { assert, assertEquals } from "@std/assert";
import type { Trade } from "../../../src/market/trade.ts";
import { pick, seededRandom } from "../pick.ts";
import { type Bench, bench, messagesOf } from "./fakes.ts";
import { expectedAverages, expectedCandles, type ExpectedWindow } from "../../expected.ts";

const START = Date.UTC(2024, 1, 29, 23, 50);
const NOW = START + 3_600_000;

/** Trades over a midnight that is a month's end too, mostly in order, some hours late. */
function randomBatches(random: () => number, messages: number): Trade[][] {
  let time = START;
  return Array.from({ length: messages }, () => {
    const symbol = ["A", "B", "C"][pick(random, 3)]!;
    return Array.from({ length: 1 + pick(random, 4) }, () => {
      time += pick(random, 3000);
      const late = random() < 0.1 ? pick(random, 7_200_000) : 0;
      const volume = random() < 0.1 ? 0 : random() * 10;
      return { symbol, price: 100 + random(), volume, time: time - late, conditions: [] };
    });
  });
}

function storedWindows({ store }: Bench): Map<string, ExpectedWindow> {
  const found = new Map<string, ExpectedWindow>();
  for (const [series, rows] of store.windows) {
    const [symbol, kind] = series.split(" ");
    for (const { aggregate, key } of rows.values()) {
      const { close, count, high, low, open, turnover, volume } = aggregate;
      found.set(`${symbol} ${kind} ${key}`, { open, high, low, close, volume, turnover, count });
    }
  }
  return found;
}

const sorted = <T>(map: Map<string, T>) => [...map].sort(([a], [b]) => a < b ? -1 : 1);

function assertComplete(on: Bench, trades: readonly Trade[]): void {
  assertEquals(on.store.raw.size, trades.length, "every trade once");
  const expected = new Map([...expectedCandles(trades), ...expectedAverages(trades)]);
  assertEquals(sorted(storedWindows(on)), sorted(expected));
}

Deno.test("windows equal ones computed from the trades, however the messages are split into fetches", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = seededRandom(seed);
    const batches = randomBatches(random, 60);
    const on = bench(NOW);
    const processor = on.start();
    const rest = messagesOf(batches);
    while (rest.length > 0) {
      await processor.process(rest.splice(0, 1 + pick(random, 20)));
      if (random() < 0.4) await processor.flush();
    }
    assertEquals(await processor.flush(), batches.length);
    assertComplete(on, batches.flat());
  }
});

Deno.test("a crash at any moment and a replay from any committed offset change nothing", async () => {
  for (let seed = 100; seed < 160; seed++) {
    const random = seededRandom(seed);
    const batches = randomBatches(random, 40);
    const messages = messagesOf(batches);
    const on = bench(NOW);
    let committed = 0;
    for (let life = 0; life < 6; life++) {
      const processor = on.start();
      const from = random() < 0.3 ? 0 : committed;
      const to = Math.min(messages.length, from + 1 + pick(random, messages.length));
      for (let at = from; at < to;) {
        const next = Math.min(to, at + 1 + pick(random, 10));
        await processor.process(messages.slice(at, next));
        at = next;
        if (random() < 0.5) {
          const offset = await processor.flush();
          // Sometimes the crash comes between the write and the commit.
          if (offset !== undefined && random() < 0.5) committed = Math.max(committed, offset);
        }
      }
    }
    const last = on.start();
    await last.process(messages.slice(committed));
    await last.flush();
    assertComplete(on, batches.flat());
  }
});

Deno.test("a late trade is merged into a window that was flushed and forgotten", async () => {
  const random = seededRandom(5);
  const batches = randomBatches(random, 300);
  const on = bench(NOW);
  const processor = on.start({ maxWindows: 50 });
  let largest = 0;
  for (const message of messagesOf(batches)) {
    await processor.process([message]);
    await processor.flush();
    largest = Math.max(largest, processor.windowCount);
  }
  assertComplete(on, batches.flat());
  assert(on.metrics.windowsRead.value() > 0, "some windows were read back");
  assert(largest < 200, `${largest} windows in memory`);
});

Deno.test("a window whose write is under way is not forgotten and read back as it was before", async () => {
  const on = bench(NOW);
  const processor = on.start({ maxWindows: 1 });
  const trade = (time: number): Trade => ({ symbol: "A", price: 1, volume: 1, time, conditions: [] });
  const batches = [[trade(START)], [trade(START + 600_000)], [trade(START)]];
  let away = false;
  on.store.beforeWrite = () => {
    if (away) throw new Error("away");
  };
  const [first, second, third] = messagesOf(batches);
  await processor.process([first!]);
  away = true;
  const flushing = processor.flush();
  const going = processor.process([second!]).then(() => processor.process([third!]));
  await new Promise((resolve) => setTimeout(resolve, 50));
  away = false;
  await going;
  await flushing;
  await processor.flush();
  assertComplete(on, batches.flat());
});

Deno.test("with the store slower than the log, windows in memory stay bounded", async () => {
  const batches = randomBatches(seededRandom(7), 300);
  const on = bench(NOW);
  const processor = on.start({ maxWindows: 50 });
  let largest = 0;
  for (const message of messagesOf(batches)) {
    await processor.process([message]);
    largest = Math.max(largest, processor.windowCount);
  }
  await processor.flush();
  assertComplete(on, batches.flat());
  assert(largest < 200, `${largest} windows in memory`);
});

Deno.test("a stale owner that flushes late overwrites nothing of the new owner", async () => {
  const batches = randomBatches(seededRandom(6), 40);
  const messages = messagesOf(batches);
  const on = bench(NOW);
  const stale = on.start();
  await stale.process(messages.slice(0, 15));
  const owner = on.start();
  await owner.process(messages);
  await owner.flush();
  await stale.process(messages.slice(15, 25));
  await stale.flush();
  assertComplete(on, batches.flat());
});

Deno.test("a steady stream reads nothing back once its symbols are known", async () => {
  const on = bench(NOW);
  const processor = on.start();
  const trade = (time: number): Trade => ({ symbol: "A", price: 1, volume: 1, time, conditions: [] });
  // In the middle of an hour: no new bucket begins.
  const messages = messagesOf(Array.from({ length: 500 }, (_, i) => [trade(START - 1_800_000 + i * 1000)]));
  await processor.process(messages.slice(0, 1));
  const reads = on.store.reads;
  for (const message of messages.slice(1)) await processor.process([message]);
  assertEquals(on.store.reads, reads);
});

Deno.test("messages that cannot be used become dead letters, and the good trades of a mixed one are kept", async () => {
  const on = bench(NOW);
  const processor = on.start();
  const good: Trade = { symbol: "A", price: 1, volume: 0, time: START, conditions: [] };
  const messages = messagesOf([
    [good],
    [{ ...good, price: NaN }, good, { ...good, symbol: "" }],
    [{ ...good, time: NOW + 2 * 86_400_000 }],
    [good],
  ]);
  messages.push({ offset: 4, timestamp: 0, value: new Uint8Array([1, 2, 3]) });
  messages.push({ offset: 5, timestamp: 0, value: null });
  messages.push({ ...messagesOf([[good]])[0]!, offset: 6 });
  await processor.process(messages.map((message) => ({ ...message, timestamp: NOW })));
  assertEquals(await processor.flush(), 7);
  assertEquals(on.store.raw.size, 4);
  assertEquals(
    on.letters.map(({ badTrades, error, message }) => [message.offset, badTrades, error.split(":")[0]]),
    [
      [4, undefined, "not a trades message"],
      [5, undefined, "empty value"],
      [1, [0, 2], "price not finite or not above 0"],
      [2, undefined, "time more than a day ahead"],
    ].sort((a, b) => Number(a[0]) - Number(b[0])),
  );
  assertEquals([on.metrics.rejected.value(), on.metrics.deadLetters.value()], [3, 4]);
});

Deno.test("flush() waits for a store that fails, and then resolves to the offset that may be committed", async () => {
  const on = bench(NOW);
  const processor = on.start();
  let failures = 5;
  on.store.beforeWrite = () => {
    if (failures-- > 0) throw new Error("store away");
  };
  const batches = randomBatches(seededRandom(8), 10);
  await processor.process(messagesOf(batches));
  assertEquals(await processor.flush(), 10);
  assertComplete(on, batches.flat());
});

Deno.test("flush() goes on naming the offset until it is committed, without writing again", async () => {
  const on = bench(NOW);
  const processor = on.start();
  await processor.process(messagesOf(randomBatches(seededRandom(9), 3)));
  assertEquals(await processor.flush(), 3);
  const rows = on.metrics.windowsOut.value();
  assertEquals(await processor.flush(), 3);
  processor.committed(3);
  assertEquals(await processor.flush(), undefined);
  assertEquals(on.metrics.windowsOut.value(), rows);
});

Deno.test("a message of many bad trades takes time in proportion to their number", async () => {
  const timeOf = async (count: number) => {
    const value = messagesOf([Array.from({ length: count }, (_, i): Trade => {
      return { symbol: "A", price: i % 2 === 0 ? 1 : NaN, volume: 1, time: START, conditions: [] };
    })])[0]!;
    const times: number[] = [];
    for (let i = 0; i < 3; i++) {
      const processor = bench(NOW).start();
      const start = performance.now();
      await processor.process([{ ...value, timestamp: NOW }]);
      times.push(performance.now() - start);
    }
    return Math.min(...times);
  };
  await timeOf(1000);
  const ratio = await timeOf(48_000) / await timeOf(6000);
  assert(ratio < 24, `8 times as many took ${ratio} times as long`);
});

Deno.test("offsets that hold no message are committed like those that do", async () => {
  const on = bench(NOW);
  const processor = on.start();
  await processor.process([], 3);
  assertEquals(await processor.flush(), 3);
  const message = messagesOf([[{ symbol: "A", price: 1, volume: 1, time: START, conditions: [] }]])[0]!;
  await processor.process([{ ...message, offset: 3 }], 9);
  assertEquals([await processor.flush(), on.store.raw.size], [9, 1]);
  await processor.process([{ ...message, offset: 3 }], 4);
  assertEquals([await processor.flush(), processor.applied], [9, 8]);
});

Deno.test("condition codes of another's messages have the bounds of our own, and their trades are kept", async () => {
  const trade = (conditions: string[]): Trade => ({
    symbol: "A",
    price: 1,
    volume: 1,
    time: NOW,
    conditions,
  });
  const many = Array.from({ length: 1000 }, (_, i) => `${i}`);
  const on = bench(NOW);
  const processor = on.start();
  await processor.process(messagesOf([[
    trade(many),
    trade(["x".repeat(17), "good", "", "\u202e"]),
    trade(["I", "12"]),
    trade([]),
  ]]));
  await processor.flush();
  assertEquals(
    [...on.store.raw.values()].map(({ conditions }) => conditions),
    [many.slice(0, 16), ["good"], ["I", "12"], undefined],
  );
  assertEquals(on.metrics.droppedCodes.value(), 984 + 3);
  assertEquals(on.letters, []);
});
