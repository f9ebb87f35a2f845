import { Buffer } from "node:buffer";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import avro from "avsc";
import {
  decodeMessage,
  encodeMessage,
  framedEncoder,
  SCHEMA_HEADER,
  SCHEMA_ID,
  SCHEMA_TEXT,
} from "../../src/market/message.ts";
import type { Trade } from "../../src/market/trade.ts";
import { frame } from "../../src/market/wire_format.ts";
import { integrationTest } from "../needs.ts";
import { type Server, until } from "../services/mod.ts";
import { assertStored } from "./check.ts";
import type { Pipeline } from "./pipeline.ts";
import { newest, registerAs } from "./registry_api.ts";
import { CONFLUENT, withRegistry } from "./registry_pipeline.ts";
import { type RunningRole, runToEnd } from "./role.ts";
import { readTopic, writeTopic } from "./topic.ts";

const NOW = Date.now();
let made = 0;
/** A trade unlike all others. */
const trade = (): Trade => ({
  symbol: "X",
  price: ++made,
  volume: 2,
  time: NOW - 60_000 + made,
  conditions: [],
});

const OURS = JSON.parse(SCHEMA_TEXT);
/** Ours as it may be in years: more fields, each with a default, and another order. */
const EVOLVED = structuredClone(OURS);
EVOLVED.fields[0].type.items.fields.reverse();
EVOLVED.fields[0].type.items.fields.push({ name: "venue", type: ["null", "string"], default: null });
EVOLVED.fields.unshift({ name: "source", type: "string", default: "finnhub" });

const evolved = avro.Type.forSchema(EVOLVED) as unknown as { toBuffer(message: unknown): Buffer };
const evolvedMessage = (id: number, { price, symbol, time, volume }: Trade) =>
  Buffer.concat([
    frame(id),
    evolved.toBuffer({
      source: "elsewhere",
      data: [{ c: null, p: price, s: symbol, t: time, v: volume, venue: "N" }],
      type: "trade",
    }),
  ]);

const letters = (pipeline: Pipeline) => readTopic(pipeline, `${pipeline.topic}.dlq`);

/** The trades of all messages in the order of their partitions, each of which must be in a frame of this id. */
async function framedTrades(pipeline: Pipeline, id: number): Promise<Trade[]> {
  const messages = await readTopic(pipeline, pipeline.topic);
  return messages.flatMap(({ headers, value }) => {
    assertEquals([...value!.subarray(0, 5)], [0, id >>> 24, id >>> 16 & 255, id >>> 8 & 255, id & 255]);
    assertEquals(headers?.[SCHEMA_HEADER], undefined);
    return decodeMessage(value!.subarray(5)).data.map(({ p, s, t, v }) => ({
      symbol: s,
      price: p,
      volume: v,
      time: t,
      conditions: [],
    }));
  });
}

const metric = (role: RunningRole, name: string, enough: number) =>
  until(`${role.name} to have ${enough} of ${name}`, async () => {
    const value = await role.metric(`finnhub_pipe_${name}`);
    return value >= enough ? true : `${value}`;
  });

integrationTest(
  "what a producer writes in Confluent's wire format is registered, shown, and stored",
  () =>
    withRegistry("confluent", async (pipeline, { url }) => {
      const simulator = await pipeline.simulator(["--symbols", "A,B", "--rate", "200"]);
      const dashboard = pipeline.start("dashboard", ["--listen", "127.0.0.1:0"]);
      await until("the page to be ready", async () => {
        const { status, text } = await dashboard.readiness();
        return status === 200 || text;
      });
      const producer = pipeline.start("producer", ["--tickers", "A,B"], { ...simulator.env, ...CONFLUENT });
      const processor = pipeline.start("processor");
      await metric(producer, "producer_trades_out_total", 300);
      await metric(dashboard, "dashboard_trades", 1);
      assertEquals((await producer.stop()).code, 0);
      await pipeline.drained();

      const { id, schema } = await newest(url, `${pipeline.topic}-value`);
      assertEquals(schema, OURS);
      const trades = await framedTrades(pipeline, id);
      assert(trades.length >= 300);
      await assertStored(pipeline, trades);
      assertEquals(await pipeline.messages(`${pipeline.topic}.dlq`), 0);
      // One request for all messages: what is known is not asked for again.
      assertEquals(await processor.metric("finnhub_pipe_registry_requests_total"), 1);
      const { code, stdout } = await runToEnd(["doctor", "--checks", "registry"], pipeline.env);
      assertEquals(code, 0);
      assertStringIncludes(stdout, `${pipeline.topic}-value has ours`);
    }),
);

integrationTest(
  "frames of several schemas and plain Avro on one topic are read; what cannot be is kept whole",
  () =>
    withRegistry("mixed", async (pipeline, { url }) => {
      const ours = await registerAs(url, "somebody-value", OURS);
      const later = await registerAs(url, "somebody-value", EVOLVED);
      const text = await registerAs(url, "text-value", {
        type: "record",
        name: "text",
        fields: [{ name: "text", type: "string" }],
      });
      const unknown = framedEncoder(9_999_999)([trade()]);
      const unreadable = Buffer.from([...frame(text), 0]);
      const cut = framedEncoder(ours)([trade()]).subarray(0, 20);
      const trades = Array.from({ length: 6 }, trade) as [Trade, Trade, Trade, Trade, Trade, Trade];
      const values = [
        encodeMessage([trades[0]]),
        framedEncoder(ours)([trades[1], trades[2]]),
        unknown,
        evolvedMessage(later, trades[3]),
        unreadable,
        encodeMessage([]),
        cut,
        encodeMessage([trades[4]]),
      ];
      await writeTopic(pipeline, values);
      await writeTopic(pipeline, [encodeMessage([trades[5]])], "X", { [SCHEMA_HEADER]: SCHEMA_ID });
      const processor = pipeline.start("processor");
      await pipeline.drained();
      await assertStored(pipeline, trades);
      const found = (await letters(pipeline)).toSorted((a, b) =>
        Number(a.headers!["source-offset"]) - Number(b.headers!["source-offset"])
      );
      assertEquals(
        found.map(({ value }) => [...value!]),
        [unknown, unreadable, cut].map((value) => [...value]),
      );
      const errors = found.map(({ headers }) => headers!.error!.toString());
      assertStringIncludes(errors[0]!, "schema 9999999 is not in the schema registry");
      assertStringIncludes(errors[1]!, `schema ${text} of the registry cannot be read as one of trades`);
      assertStringIncludes(errors[2]!, "not a trades message");
      assertEquals(await processor.metric("finnhub_pipe_processor_dead_letters_total"), 3);
    }),
);

integrationTest(
  "while the registry is away the producer holds its trades and the processor waits; nothing is lost",
  () =>
    withRegistry("registry-away", async (pipeline, registry) => {
      const [server] = registry.servers as [Server];
      const id = await registerAs(registry.url, `${pipeline.topic}-value`, OURS);
      const trades = [trade(), trade()] as const;
      await writeTopic(pipeline, [framedEncoder(id)([trades[0]]), framedEncoder(id)([trades[1]])]);
      await server.kill();

      const processor = pipeline.start("processor", ["--session-timeout", "6s"]);
      const simulator = await pipeline.simulator(["--symbols", "A,B", "--rate", "100"]);
      const producer = pipeline.start("producer", ["--tickers", "A,B"], { ...simulator.env, ...CONFLUENT });
      await metric(processor, "registry_stalled", 1);
      await metric(producer, "producer_buffered_trades", 100);
      const since = performance.now();
      // Longer than the group waits for a member that is silent.
      await until("two sessions to pass", () =>
        Promise.resolve(performance.now() - since > 12_000 || "not yet"), {
        deadline: 20_000,
      });
      assertStringIncludes((await processor.readiness()).text, "the schema registry does not answer");
      assertStringIncludes((await producer.readiness()).text, "the schema is not registered");
      assertEquals(await processor.metric("finnhub_pipe_processor_rebalances_total"), 1);
      assertEquals(await pipeline.messages(), 2);
      assertEquals((await pipeline.storedTrades()).length, 0);

      await server.restart();
      await metric(processor, "processor_trades_out_total", 300);
      assertEquals((await producer.stop()).code, 0);
      await pipeline.drained();
      assertEquals(await processor.metric("finnhub_pipe_processor_rebalances_total"), 1);
      assertEquals(await processor.metric("finnhub_pipe_registry_stalled"), 0);
      // All that the feed gave was sent, which the producer's own account says, and all of that is stored.
      const stopped = JSON.parse(/^.*"producer stopped".*$/m.exec(producer.stderr)![0]);
      assertEquals([stopped.unsent, stopped.shed, stopped.received], [0, 0, stopped.sent]);
      const all = await framedTrades(pipeline, id);
      assertEquals(all.length, stopped.sent + trades.length);
      assertEquals(await pipeline.messages(`${pipeline.topic}.dlq`), 0);
      await assertStored(pipeline, all);
    }),
);
