import { Buffer } from "node:buffer";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeMessage } from "../../src/market/message.ts";
import type { Trade } from "../../src/market/trade.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { sharedServices } from "../services/shared.ts";
import { assertStored } from "./check.ts";
import { Pipeline } from "./pipeline.ts";
import { runToEnd } from "./role.ts";
import { readTopic, writeTopic } from "./topic.ts";

const services = await sharedServices();

const good: Trade = { symbol: "X", price: 10, volume: 2, time: Date.now() - 60_000, conditions: [] };
const junk = (bytes: number) => new Uint8Array(bytes).fill(0xff);

async function maxBytes(pipeline: Pipeline, topic: string): Promise<number> {
  const { resources } = await (await pipeline.admin()).describeConfigs({
    includeSynonyms: false,
    resources: [{ type: 2, name: topic, configNames: ["max.message.bytes"] }],
  });
  return Number(resources[0]!.configEntries[0]!.configValue);
}

integrationTest("400 junk messages of 4 KB, and one as large as a message may be, stop nothing", async () => {
  await using pipeline = await Pipeline.setUp(services, "letters", { KAFKA_PARTITIONS: "1" });
  const largest = junk(1_048_500);
  for (let i = 0; i < 8; i++) await writeTopic(pipeline, Array.from({ length: 50 }, () => junk(4096)));
  await writeTopic(pipeline, [largest]);
  await writeTopic(pipeline, [encodeMessage([good])]);
  const processor = pipeline.start("processor");
  await pipeline.drained();
  await assertStored(pipeline, [good]);
  const letters = await readTopic(pipeline, `${pipeline.topic}.dlq`);
  assertEquals(letters.length, 401);
  assertEquals(letters.filter(({ value }) => value!.length === largest.length).length, 1);
  assertEquals(await processor.metric("finnhub_pipe_processor_dead_letters_cut_total"), 0);
});

integrationTest("a dead-letter topic that takes less is found by doctor and corrected by setup", async () => {
  await using pipeline = await Pipeline.join(services, "small-letters", { KAFKA_PARTITIONS: "1" });
  const admin = await pipeline.admin();
  const letters = `${pipeline.topic}.dlq`;
  const configEntries = [{ name: "max.message.bytes", value: "5000" }, {
    name: "segment.bytes",
    value: "20000",
  }];
  await admin.createTopics({
    waitForLeaders: true,
    topics: [{ topic: pipeline.topic }, { topic: letters, configEntries }],
  });
  const doctor = () => runToEnd(["doctor", "--checks", "kafka"], pipeline.env);
  assertStringIncludes((await doctor()).stdout, "dead letters may be cut");

  const { code } = await runToEnd(["setup"], pipeline.env);
  assertEquals(code, 0);
  assertEquals(await maxBytes(pipeline, letters), await maxBytes(pipeline, pipeline.topic) + 65_536);
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: 2, name: letters, configNames: ["segment.bytes"] }],
  });
  assertEquals(resources[0]!.configEntries[0]!.configValue, "20000", "what else was set stays");
  assert(!(await doctor()).stdout.includes("dead letters may be cut"));

  await writeTopic(pipeline, [junk(100_000), encodeMessage([good]), junk(10)]);
  const processor = pipeline.start("processor");
  await pipeline.drained();
  await assertStored(pipeline, [good]);
  const [first] = await readTopic(pipeline, letters);
  assertEquals(first!.headers!["value-length"]?.toString(), "100000", "a segment takes no more");
  assertEquals(await processor.metric("finnhub_pipe_processor_dead_letters_cut_total"), 1);
});

integrationTest(
  "while a dead letter waits, its partition commits nothing, the others do, and /readyz says why",
  async () => {
    await using pipeline = await Pipeline.setUp(services, "waiting", { KAFKA_PARTITIONS: "2" });
    const admin = await pipeline.admin();
    await admin.deleteTopics({ topics: [`${pipeline.topic}.dlq`] });
    const { Partitioners } = await import("kafkajs");
    const producer = pipeline.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const value = Buffer.from(encodeMessage([good]));
    await producer.send({
      topic: pipeline.topic,
      messages: [{ partition: 0, value }, { partition: 0, value: Buffer.from(junk(3)) }, {
        partition: 1,
        value,
      }],
    });
    await producer.disconnect();
    const processor = pipeline.start("processor");
    const committed = async () => {
      const [group] = await admin.fetchOffsets({ groupId: pipeline.topic, topics: [pipeline.topic] });
      return group!.partitions.toSorted((a, b) => a.partition - b.partition).map(({ offset }) =>
        Number(offset)
      );
    };
    await until(
      "the other partition's commit",
      async () => (await committed())[1] === 1 || String(await committed()),
    );
    assertEquals((await committed())[0], -1);
    const { status, text } = await processor.readiness();
    assertEquals(status, 503);
    assertStringIncludes(text, `${pipeline.topic}.dlq does not take dead letters since 20`);
    assertStringIncludes(text, "run finnhub-pipe setup");
    assertEquals(await processor.metric("finnhub_pipe_processor_dead_letters_waiting"), 1);
    assertEquals((await runToEnd(["setup"], pipeline.env)).code, 0);
    await pipeline.drained();
    await until("the processor to be ready", async () => {
      const { status, text } = await processor.readiness();
      return status === 200 || text;
    });
    assertEquals(await pipeline.messages(`${pipeline.topic}.dlq`), 1);
  },
);
