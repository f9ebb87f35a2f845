import { Buffer } from "node:buffer";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { encodeMessage } from "../../src/market/message.ts";
import type { Trade } from "../../src/market/trade.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { sharedServices } from "../services/shared.ts";
import { assertStored } from "./check.ts";
import { Pipeline } from "./pipeline.ts";
import { runToEnd } from "./role.ts";
import { writeTopic } from "./topic.ts";

const services = await sharedServices();

const START = Date.UTC(2026, 0, 1);
/** Trades of one hour, so that all meet in one candle. */
const trades = (from: number, to: number): Trade[] =>
  Array.from({ length: to - from }, (_, i) => ({
    symbol: "X",
    price: 10 + from + i,
    volume: 1,
    time: START + (from + i) * 1000,
    conditions: [],
  }));
const messages = (of: readonly Trade[]) => of.map((trade) => encodeMessage([trade]));

async function setup(pipeline: Pipeline, env: Record<string, string> = {}): Promise<string> {
  const { code, stderr, stdout } = await runToEnd(["setup"], { ...pipeline.env, ...env });
  assertEquals(code, 0, stdout + stderr);
  return stdout;
}

/** What another tool does: deletes the topic and makes one of the same name. */
async function makeAgain(pipeline: Pipeline): Promise<void> {
  const admin = await pipeline.admin();
  await admin.deleteTopics({ topics: [pipeline.topic] });
  await until("the topic to be made again", async () => {
    try {
      const topics = [{ topic: pipeline.topic, numPartitions: 1 }];
      return await admin.createTopics({ waitForLeaders: true, topics }) || "the old one is still there";
    } catch (error) {
      return String(error);
    }
  });
}

integrationTest(
  "trades of a topic of another name come after those of the first, in the same candles",
  async () => {
    await using first = await Pipeline.setUp(services, "renamed", { KAFKA_PARTITIONS: "1" });
    await writeTopic(first, messages(trades(0, 100)));
    const before = first.start("processor");
    await first.drained();
    await before.stop();

    const keyspace = first.env.CASSANDRA_KEYSPACE!;
    await using second = await Pipeline.setUp(services, "renamed", {
      KAFKA_PARTITIONS: "1",
      CASSANDRA_KEYSPACE: keyspace,
    });
    await writeTopic(second, messages(trades(100, 150)));
    const after = second.start("processor");
    await second.drained();
    await after.stop();
    await assertStored(first, trades(0, 150));

    // And back, with what was left.
    await writeTopic(first, messages(trades(150, 200)));
    await setup(first);
    first.start("processor");
    await first.drained();
    await assertStored(first, trades(0, 200));
  },
);

integrationTest("a topic deleted and made again by other tools is told apart by setup", async () => {
  await using pipeline = await Pipeline.setUp(services, "again", { KAFKA_PARTITIONS: "1" });
  await writeTopic(pipeline, messages(trades(0, 20)));
  const before = pipeline.start("processor");
  await pipeline.drained();
  await before.stop();
  await makeAgain(pipeline);
  // More than before: no offset says that it is another one.
  await writeTopic(pipeline, messages(trades(20, 60)));
  assertStringIncludes(await setup(pipeline), "epoch 2");
  pipeline.start("processor");
  await pipeline.drained();
  await assertStored(pipeline, trades(0, 60));
});

integrationTest(
  "a topic deleted and made again is told apart by a processor that starts without setup",
  async () => {
    await using pipeline = await Pipeline.setUp(services, "by-itself", { KAFKA_PARTITIONS: "1" });
    await writeTopic(pipeline, messages(trades(0, 20)));
    const before = pipeline.start("processor");
    await pipeline.drained();
    await before.stop();
    await makeAgain(pipeline);
    await writeTopic(pipeline, messages(trades(20, 60)));
    const processor = pipeline.start("processor");
    await processor.says(/deleted and made again/);
    await pipeline.drained();
    await assertStored(pipeline, trades(0, 60));
    assertEquals((await setup(pipeline)).includes("epoch"), false, "setup finds it done");
  },
);

integrationTest("a processor of another group does what is done already, and doubles nothing", async () => {
  await using pipeline = await Pipeline.setUp(services, "regrouped", { KAFKA_PARTITIONS: "1" });
  await writeTopic(pipeline, messages(trades(0, 20)));
  const before = pipeline.start("processor");
  await pipeline.drained();
  await before.stop();
  const env = { KAFKA_GROUP_ID: `${pipeline.topic}-other` };
  assertEquals((await setup(pipeline, env)).includes("epoch"), false);
  const other = pipeline.start("processor", [], env);
  await until(
    "all to be read again",
    async () => await other.metric("finnhub_pipe_processor_commits_total") > 0 || "",
  );
  await assertStored(pipeline, trades(0, 20));
});

integrationTest(
  "one symbol in two partitions is said and counted, and its windows are right soon after",
  async () => {
    await using pipeline = await Pipeline.setUp(services, "two-partitions", { KAFKA_PARTITIONS: "2" });
    const processor = pipeline.start("processor");
    await processor.says(/partitions assigned/);
    const producer = pipeline.kafka.producer();
    await producer.connect();
    const values = messages(trades(0, 100)).map((value, i) => ({
      key: "X",
      value: Buffer.from(value),
      partition: i % 2,
    }));
    for (const message of values) await producer.send({ topic: pipeline.topic, messages: [message] });
    await producer.disconnect();
    await pipeline.drained();
    await processor.says(/"symbol":"X","partitions":"(0,1|1,0)"/);
    assertEquals(await processor.metric("finnhub_pipe_processor_split_symbols_total"), 1);
    assertEquals((await pipeline.storedTrades()).length, 100);
    await until("its windows to be right", async () => {
      try {
        await assertStored(pipeline, trades(0, 100));
        return true;
      } catch (error) {
        return String(error).slice(0, 200);
      }
    }, { deadline: 60_000 });
    const check = ["backfill", "--from", "2026-01-01T00:00:00Z", "--to", "2026-01-02T00:00:00Z", "--check"];
    const { code, stderr, stdout } = await runToEnd(check, pipeline.env);
    assertEquals(code, 0, stdout + stderr);
  },
);
