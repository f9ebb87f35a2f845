import { assert, assertEquals } from "@std/assert";
import type { Trade } from "../../../src/market/trade.ts";
import type { DeadLetterOffice, LogHandler, LogReader } from "../../../src/processing/ports.ts";
import { processorMetrics } from "../../../src/processing/processor_metrics.ts";
import { StreamProcessor } from "../../../src/processing/stream_processor.ts";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";
import { aborted } from "../../../src/async/wait.ts";
import { until } from "../../services/until.ts";
import { MemoryStore, messagesOf, silent } from "./fakes.ts";

/** A log that a test drives by hand. */
class ManualReader implements LogReader {
  handler: LogHandler | undefined;
  readonly committed: [number, number][] = [];
  joined = true;
  failCommits = 0;

  async run(handler: LogHandler, signal: AbortSignal): Promise<void> {
    this.handler = handler;
    handler.assigned([0, 1]);
    await aborted(signal);
    await handler.stopping();
  }

  commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    if (this.failCommits-- > 0) return Promise.reject(new Error("rebalancing"));
    this.committed.push(...offsets);
    return Promise.resolve();
  }

  progress() {
    return Promise.resolve([]);
  }
}

function start(
  stopTimeout = 5000,
  flushInterval = 10,
  office: DeadLetterOffice = { send: () => Promise.resolve() },
) {
  const reader = new ManualReader();
  const store = new MemoryStore();
  const stop = new AbortController();
  const metrics = processorMetrics(new MetricRegistry());
  const processor = new StreamProcessor({
    topic: "market",
    reader,
    store,
    office,
    metrics,
    log: silent,
    now: Date.now,
    random: () => 0,
    flushInterval,
    batchRows: 100,
    maxWindows: 1000,
    readyMaxLag: 1000,
    stopTimeout,
  });
  const running = processor.run(stop.signal);
  const end = async () => {
    stop.abort();
    await running;
  };
  return { metrics, reader, store, processor, end, handler: reader.handler! };
}

const trade: Trade = { symbol: "A", price: 1, volume: 1, time: Date.UTC(2024, 0, 1), conditions: [] };
const committed = (reader: ManualReader, partition: number, offset: number) =>
  until("the commit", () => {
    const there = reader.committed.some(([p, o]) => p === partition && o === offset);
    return Promise.resolve(there || JSON.stringify(reader.committed));
  }, { deadline: 5000, interval: 5 });

Deno.test("offsets are committed only after the rows before them are acknowledged", async () => {
  const { end, handler, reader, store } = start();
  let away = true;
  let tries = 0;
  store.beforeWrite = () => {
    tries++;
    if (away) throw new Error("store away");
  };
  await handler.process(0, messagesOf([[trade], [trade]]), 2);
  await until("writes to fail more than once", () => Promise.resolve(tries > 2 || `${tries} tries`));
  assertEquals([reader.committed, store.raw.size], [[], 0]);
  away = false;
  await committed(reader, 0, 2);
  assertEquals(store.raw.size, 2);
  await end();
});

Deno.test("a rebalance while the store is away ends nothing: the processor goes on when it is back", async () => {
  // With a stop time-out shorter than the outage, a rebalance that counted as a stop would give everything up.
  const { end, handler, reader, store } = start(20);
  let failures = 3;
  store.beforeWrite = () => {
    if (failures-- > 0) throw new Error("store away");
  };
  await handler.process(0, messagesOf([[trade]]), 1);
  await handler.revoking();
  handler.assigned([0]);
  await handler.process(0, messagesOf([[trade], [trade]]), 2);
  await committed(reader, 0, 2);
  assertEquals(store.raw.size, 2);
  await end();
});

Deno.test("a commit that fails is made good by the next flush", async () => {
  const { end, handler, reader } = start();
  reader.failCommits = 3;
  await handler.process(1, messagesOf([[trade]]), 1);
  await committed(reader, 1, 1);
  await end();
});

Deno.test("a stop writes and commits what was taken, and gives up in time when the store is away", async () => {
  const taken = start();
  await taken.handler.process(0, messagesOf([[trade]]), 1);
  await taken.end();
  assertEquals(taken.reader.committed, [[0, 1]]);

  const stuck = start(50);
  stuck.store.beforeWrite = () => {
    throw new Error("store away");
  };
  await stuck.handler.process(0, messagesOf([[trade]]), 1);
  await stuck.end();
  assertEquals(stuck.reader.committed, []);
});

Deno.test("notReady() names a store that fails and a group that is not joined", async () => {
  const { end, handler, processor, reader, store } = start();
  let away = true;
  store.beforeWrite = () => {
    if (away) throw new Error("store away");
  };
  await handler.process(0, messagesOf([[trade]]), 1);
  await until("the processor to notice", () => {
    return Promise.resolve(processor.notReady().some((reason) => reason.includes("store")) || "not yet");
  });
  reader.joined = false;
  assert(processor.notReady().some((reason) => reason.includes("group")));
  away = false;
  await end();
});

Deno.test("a topic that was made anew under a running processor is told apart, and nothing of it is skipped", async () => {
  const { end, handler, reader, store } = start();
  let epochs = [{ epoch: 1, starts: [0, 0] }];
  store.sourceEpochs = () => Promise.resolve(epochs);
  await handler.process(0, messagesOf([[trade], [trade], [trade]]), 3);
  await committed(reader, 0, 3);
  epochs = [...epochs, { epoch: 2, starts: [0, 0] }];
  await handler.process(0, messagesOf([[{ ...trade, price: 5 }]]), 1);
  await committed(reader, 0, 1);
  assertEquals(store.raw.size, 4);
  const [hour] = [...store.windows].filter(([name]) => name.includes(" 1h ")).flatMap((
    [, rows],
  ) => [...rows.values()]);
  assertEquals([hour!.aggregate.count, hour!.aggregate.high], [4, 5]);
  await end();
});

Deno.test("messages that come again from a leader that does not know yet how far the log goes cost no window a trade", async () => {
  const { end, handler, store } = start(5000, 60_000);
  const messages = messagesOf(Array.from({ length: 100 }, () => [trade]));
  await handler.process(0, messages, 100);
  // Nothing is flushed yet. The batch after a failed heartbeat begins where the last one did not end.
  await handler.process(0, messages.slice(40, 60), 60);
  await handler.process(0, messages.slice(60), 100);
  await end();
  assertEquals(store.raw.size, 100);
  for (const rows of store.windows.values()) {
    for (const { aggregate } of rows.values()) assertEquals(aggregate.count, 100);
  }
});

Deno.test("a dead letter that waits holds its partition's offsets back, and no other's, and /readyz says so", async () => {
  const safe = Promise.withResolvers<void>();
  const office = { send: () => safe.promise, trouble: "market.dlq does not take dead letters since 2026" };
  const { end, handler, processor, reader } = start(5000, 10, office);
  await handler.process(0, [...messagesOf([[trade]]), {
    offset: 1,
    timestamp: 0,
    value: new Uint8Array([1]),
  }], 2);
  await handler.process(1, messagesOf([[trade]]), 1);
  await committed(reader, 1, 1);
  await handler.process(1, messagesOf([[trade], [trade]]), 2);
  await committed(reader, 1, 2);
  assertEquals(reader.committed.filter(([partition]) => partition === 0), []);
  assert(processor.notReady().includes(office.trouble));
  safe.resolve();
  await committed(reader, 0, 2);
  await end();
});

Deno.test("a symbol in two partitions is counted once, whether both are here or another process has one", async () => {
  const { end, handler, metrics, store } = start();
  await handler.process(0, messagesOf([[trade]]), 1);
  assertEquals(metrics.splitSymbols.value(), 0);
  await handler.process(1, messagesOf([[trade], [trade]]), 2);
  assertEquals(metrics.splitSymbols.value(), 1);
  await end();

  const other = start();
  other.store.readWindows = store.readWindows.bind(store);
  other.store.newestKey = store.newestKey.bind(store);
  const late = { ...trade, time: trade.time + 1 };
  await other.handler.process(0, messagesOf([[late]]), 1);
  assertEquals(other.metrics.splitSymbols.value(), 1);
  await other.end();
});

Deno.test("the bound on windows in memory is one for all partitions, however many there are", async () => {
  for (const count of [1, 2, 4]) {
    const { end, handler, metrics } = start();
    const partitions = Array.from({ length: count }, (_, i) => i);
    handler.assigned(partitions);
    for (let round = 0; round < 4; round++) {
      for (const partition of partitions) {
        const trades = Array.from({ length: 60 }, (_, i): Trade => {
          return { ...trade, symbol: `P${partition}`, time: trade.time + (60 * round + i) * 3_600_000 };
        });
        const messages = messagesOf(trades.map((each) => [each]));
        const later = messages.map((message) => ({ ...message, offset: message.offset + 60 * round }));
        await handler.process(partition, later, 60 * (round + 1));
      }
    }
    await until("a flush", () => Promise.resolve(metrics.commits.value() > 0 || "none yet"));
    // What one call brings is held beyond it: 60 trades of 8 windows in each partition.
    const windows = metrics.windows.value() ?? 0;
    assert(windows > 0 && windows <= 1000 + count * 60 * 8, `${windows} windows of ${count} partitions`);
    await end();
  }
});
