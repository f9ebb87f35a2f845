import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { OutgoingMessage } from "../../../src/publishing/outgoing_message.ts";
import { TradePublisher } from "../../../src/publishing/trade_publisher.ts";
import { decodeMessage } from "../../../src/market/message.ts";
import type { Trade } from "../../../src/market/trade.ts";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";
import { silent } from "../processing/fakes.ts";

const trade = (symbol: string, time: number): Trade => ({
  symbol,
  price: 1,
  volume: 1,
  time,
  conditions: [],
});

function publisher(bufferTrades = 1000) {
  const requests: OutgoingMessage[][] = [];
  const registry = new MetricRegistry();
  let gate: Promise<void> = Promise.resolve();
  const made = new TradePublisher({
    topic: "market",
    bufferTrades,
    send: async (_topic, messages, signal) => {
      await Promise.race([gate, new Promise((_, reject) => signal.addEventListener("abort", reject))]);
      requests.push([...messages]);
    },
    registry,
    log: silent,
    clock: () => 0,
  });
  return { made, requests, registry, hold: (until: Promise<void>) => gate = until };
}

Deno.test("every trade is sent, in order, keyed by its symbol and stamped with the time of its frame", async () => {
  const { made, registry, requests } = publisher();
  const done = made.run(new AbortController().signal);
  made.add([trade("A", 1), trade("B", 2), trade("A", 3)], 77);
  made.close();
  assertEquals(await done, 0);
  const sent = requests.flat();
  assertEquals(sent.map(({ key, timestamp }) => [key, timestamp]), [["A", 77], ["B", 77]]);
  assertEquals(decodeMessage(sent[0]!.value).data.map(({ t }) => t), [1, 3]);
  assertStringIncludes(registry.text(), "finnhub_pipe_producer_trades_out_total 3\n");
});

Deno.test("frames that come while a request is under way go together in the next one", async () => {
  const { hold, made, requests } = publisher();
  const gate = Promise.withResolvers<void>();
  hold(gate.promise);
  const done = made.run(new AbortController().signal);
  made.add([trade("A", 0)], 0);
  await Promise.resolve();
  for (let i = 1; i < 20; i++) made.add([trade("A", i)], i);
  gate.resolve();
  made.close();
  await done;
  assertEquals(requests.map(({ length }) => length), [1, 19]);
});

Deno.test("what is shed while Kafka is away is counted exactly, and everything else is sent", async () => {
  const { hold, made, registry, requests } = publisher(100);
  const gate = Promise.withResolvers<void>();
  hold(gate.promise);
  const done = made.run(new AbortController().signal);
  for (let i = 0; i < 500; i++) made.add([trade("A", i)], i);
  gate.resolve();
  made.close();
  await done;
  const sent = requests.flat().flatMap(({ value }) => decodeMessage(value).data.map(({ t }) => t));
  const shed = Number(/trades_shed_total (\d+)/.exec(registry.text())![1]);
  assert(shed > 0);
  assertEquals(sent.length + shed, 500);
  assertEquals(sent.at(-1), 499);
});

Deno.test("an abort ends run() at once, which then tells how many trades were not sent", async () => {
  const { hold, made } = publisher();
  hold(new Promise(() => {}));
  const controller = new AbortController();
  const done = made.run(controller.signal);
  made.add([trade("A", 1), trade("A", 2)], 0);
  await Promise.resolve();
  made.add([trade("A", 3)], 0);
  controller.abort();
  assertEquals(await done, 3);
});
