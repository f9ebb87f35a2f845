import { Buffer } from "node:buffer";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeMessage } from "../../src/market/message.ts";
import type { Trade } from "../../src/market/trade.ts";
import { integrationTest } from "../needs.ts";
import { sharedServices } from "../services/shared.ts";
import { assertStored } from "./check.ts";
import { Pipeline } from "./pipeline.ts";
import { runToEnd } from "./role.ts";
import { readTopic, writeTopic } from "./topic.ts";

const services = await sharedServices();

const START = Date.UTC(2026, 0, 1);
const trade = (i: number): Trade => ({
  symbol: "X",
  price: 10 + i,
  volume: 2,
  time: START + i,
  conditions: ["abc", String(i % 7)],
});

async function compressBy(pipeline: Pipeline, codec: string): Promise<void> {
  await (await pipeline.admin()).alterConfigs({
    validateOnly: false,
    resources: [{
      type: 2,
      name: pipeline.topic,
      configEntries: [{ name: "compression.type", value: codec }, {
        name: "max.message.bytes",
        value: "2000000",
      }],
    }],
  });
}

integrationTest("batches that brokers compress by any codec are read, large and small", async () => {
  await using pipeline = await Pipeline.setUp(services, "codecs", { KAFKA_PARTITIONS: "1" });
  const trades: Trade[] = [];
  for (const codec of ["lz4", "snappy", "zstd", "gzip", "uncompressed", "producer"]) {
    await compressBy(pipeline, codec);
    const own = Array.from({ length: 2000 }, (_, i) => trade(trades.length + i));
    // One message, and a batch of several hundred KB.
    await writeTopic(pipeline, [encodeMessage(own.slice(0, 1))]);
    await writeTopic(pipeline, own.slice(1).map((each) => encodeMessage([each])));
    trades.push(...own);
  }
  const { stdout } = await runToEnd(["setup"], pipeline.env);
  assert(!stdout.includes("not read"), stdout);
  const processor = pipeline.start("processor");
  await pipeline.drained();
  await assertStored(pipeline, trades);
  assertEquals(await processor.metric("finnhub_pipe_processor_dead_letters_total"), 0);
});

integrationTest("a batch that decompresses to 300 MB is a dead letter, and takes no memory", async () => {
  await using pipeline = await Pipeline.setUp(services, "bomb", { KAFKA_PARTITIONS: "2" });
  const { CompressionTypes, Partitioners } = await import("kafkajs");
  const producer = pipeline.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const send = (value: Uint8Array, partition: number, compression = CompressionTypes.None) =>
    producer.send({
      topic: pipeline.topic,
      compression,
      messages: [{ partition, value: Buffer.from(value.buffer, value.byteOffset, value.length) }],
    });
  await send(encodeMessage([trade(0)]), 0);
  await send(new Uint8Array(300_000_000), 0, CompressionTypes.GZIP);
  await send(encodeMessage([trade(1)]), 0);
  await send(encodeMessage([{ ...trade(2), symbol: "Y" }]), 1);
  await producer.disconnect();
  const processor = pipeline.start("processor");
  await pipeline.drained();
  await assertStored(pipeline, [trade(0), trade(1), { ...trade(2), symbol: "Y" }]);
  assert(await processor.residentMiB() < 256, `${await processor.residentMiB()} MiB`);
  const [letter] = await readTopic(pipeline, `${pipeline.topic}.dlq`);
  const header = (name: string) => letter!.headers![name]!.toString();
  assertStringIncludes(
    header("error"),
    "a batch of 1 messages that cannot be read (gzip): more than 16777216 bytes",
  );
  assertEquals(
    ["source-offset", "batch-first-offset", "batch-last-offset", "batch-messages", "batch-codec"].map(header),
    ["1", "1", "1", "1", "gzip"],
  );
  assert(letter!.value!.length > 200_000, "the batch is kept as it came");
});
