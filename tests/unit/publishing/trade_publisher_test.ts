import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { OutgoingMessage } from "../../../src/publishing/outgoing_message.ts";
import { TradePublisher } from "../../../src/publishing/trade_publisher.ts";
import { type FeedSpan, spanText } from "../../../src/market/following/span.ts";
import { decodeMessage } from "../../../src/market/message.ts";
import type { Trade } from "../../../src/market/trade.ts";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";
import { silent } from "../processing/fakes.ts";

const START = Date.UTC(2026, 0, 1);

const trade = (symbol: string, time: number): Trade => ({
  symbol,
  price: 1,
  volume: 1,
  time,
  conditions: [],
});

function publisher(bufferTrades = 1000, laneOf?: (symbol: string) => string) {
  const requests: OutgoingMessage[][] = [];
  const registry = new MetricRegistry();
  let gate: Promise<void> = Promise.resolve();
  let refuses: (message: OutgoingMessage) => boolean = () => false;
  const held = new Set<string | null>();
  const made = new TradePublisher({
    topic: "market",
    bufferTrades,
    send: async (_topic, messages, signal) => {
      await Promise.race([gate, new Promise((_, reject) => signal.addEventListener("abort", reject))]);
      if (held.has(messages[0]!.key)) {
        await new Promise((_, reject) => signal.addEventListener("abort", reject));
      }
      requests.push([...messages]);
      return messages.filter((message) => refuses(message));
    },
    ...(laneOf === undefined ? {} : { laneOf }),
    registry,
    log: silent,
    clock: () => 0,
  });
  return {
    made,
    requests,
    registry,
    held,
    hold: (until: Promise<void>) => gate = until,
    refuse: (which: typeof refuses) => refuses = which,
  };
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

Deno.test("a trade that cannot be encoded is dropped alone and counted, and sending goes on", async () => {
  const { made, requests } = publisher();
  const done = made.run(new AbortController().signal);
  made.add([trade("A", 1), trade("A", Number.MAX_SAFE_INTEGER), trade("A", 2)], 0);
  made.add([trade("B", Number.MAX_SAFE_INTEGER)], 0);
  made.add([trade("A", 3)], 0);
  made.close();
  assertEquals(await done, 0);
  const sent = requests.flat().flatMap(({ value }) => decodeMessage(value).data.map(({ t }) => t));
  assertEquals(sent, [1, 2, 3]);
  assertEquals(made.totals(), { received: 5, sent: 3, shed: 0, rejected: 2 });
});

Deno.test("a message that the log refuses is counted and passed over", async () => {
  const { made, refuse } = publisher();
  refuse(({ key }) => key === "B");
  const done = made.run(new AbortController().signal);
  made.add([trade("A", 1), trade("B", 2), trade("B", 3), trade("C", 4)], 0);
  made.close();
  assertEquals(await done, 0);
  assertEquals(made.totals(), { received: 4, sent: 2, shed: 0, rejected: 2 });
});

Deno.test("a lane that is held holds no other, and its own trades are the ones that are shed", async () => {
  const { held, made, requests } = publisher(100, (symbol) => symbol);
  held.add("A");
  const stop = new AbortController();
  const done = made.run(stop.signal);
  for (let i = 0; i < 500; i++) {
    made.add([trade("A", i), trade("B", i)], i);
    // The publisher gets its turn.
    for (let turn = 0; turn < 4; turn++) await Promise.resolve();
  }
  while (requests.flat().flatMap(({ value }) => decodeMessage(value).data).length < 500) {
    await new Promise((resolve) => setTimeout(resolve));
  }
  const sent = requests.flat().flatMap(({ key, value }) =>
    decodeMessage(value).data.map(({ t }) => [key, t])
  );
  assertEquals(sent, Array.from({ length: 500 }, (_, i) => ["B", i]));
  stop.abort();
  await done;
  const { received, rejected, sent: out, shed } = made.totals();
  assertEquals([received, received - rejected - out - shed], [1000, made.pending]);
  assert(shed > 350, `${shed} shed`);
});

Deno.test("a send that fails though nobody stopped it ends run() with its error", async () => {
  const registry = new MetricRegistry();
  const made = new TradePublisher({
    topic: "market",
    bufferTrades: 10,
    send: () => Promise.reject(new TypeError("a bug")),
    registry,
    log: silent,
    clock: () => 0,
  });
  made.add([trade("A", 1)], 0);
  await assertRejects(() => made.run(new AbortController().signal), TypeError, "a bug");
});

const span = (symbol: string, from: number): FeedSpan => ({
  kind: "gap",
  symbol,
  from: START + from,
  to: START + from + 5,
  why: "lost",
});

Deno.test("what is told of a feed is sent behind its symbol's trades, and waited for at the end", async () => {
  const { hold, made, registry, requests } = publisher(1000, (symbol) => symbol);
  const gate = Promise.withResolvers<void>();
  hold(gate.promise);
  const done = made.run(new AbortController().signal);
  made.add([trade("A", 1)], 1);
  made.addSpans([span("A", 2), span("B", 3)], 2);
  made.add([trade("A", 4)], 4);
  made.close();
  gate.resolve();
  assertEquals(await done, 0);
  const sent = requests.flat().map((
    { key, timestamp, value },
  ) => [key, timestamp, decodeMessage(value).type]);
  assertEquals(sent.filter(([key]) => key === "A"), [
    ["A", 1, "trade"],
    ["A", 2, spanText(span("A", 2))],
    ["A", 4, "trade"],
  ]);
  assertEquals(sent.filter(([key]) => key === "B"), [["B", 2, spanText(span("B", 3))]]);
  assertEquals(made.totals(), { received: 2, sent: 2, shed: 0, rejected: 0 });
  assertStringIncludes(registry.text(), "finnhub_pipe_producer_messages_total 4\n");
});

Deno.test("trades that are shed are told as a gap over all of their times, once there is room", async () => {
  const { hold, made, requests } = publisher(10);
  const gate = Promise.withResolvers<void>();
  hold(gate.promise);
  const done = made.run(new AbortController().signal);
  for (let i = 0; i < 100; i++) made.add([trade("A", START + i), trade("B", START + i)], START + i);
  made.addSpans(Array.from({ length: 50 }, (_, i) => span("C", i)), START);
  gate.resolve();
  made.close();
  await done;
  const sent = requests.flat().map(({ value }) => decodeMessage(value));
  for (const symbol of ["A", "B"]) {
    const kept = new Set(sent.flatMap(({ data }) => data.filter(({ s }) => s === symbol).map(({ t }) => t)));
    const lost = Array.from({ length: 100 }, (_, i) => START + i).filter((time) => !kept.has(time));
    assert(lost.length > 80);
    assertEquals(sent.filter(({ type }) => type.endsWith(`:shed:${symbol}`)).map(({ type }) => type), [
      `gap:${lost[0]}:${lost.at(-1)! + 1}:shed:${symbol}`,
    ]);
  }
  assert(sent.filter(({ type }) => type.endsWith("lost:C")).length <= 10, "words on feeds are bounded, too");
});
