import { Buffer } from "node:buffer";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeMessage } from "../../src/market/message.ts";
import type { Trade } from "../../src/market/trade.ts";
import { integrationTest } from "../needs.ts";
import { startKafka, startZooKeeper, until } from "../services/mod.ts";
import { sharedServices } from "../services/shared.ts";
import { assertStored } from "./check.ts";
import { Pipeline } from "./pipeline.ts";
import { type RunningRole, runToEnd } from "./role.ts";
import { writeTopic } from "./topic.ts";

const services = await sharedServices();

const START = Date.UTC(2026, 0, 1);
const trades = (from: number, to: number): Trade[] =>
  Array.from({ length: to - from }, (_, i) => ({
    symbol: "X",
    price: 10 + from + i,
    volume: 1,
    time: START + (from + i) * 1000,
    conditions: [],
  }));
const messages = (of: readonly Trade[]) => of.map((trade) => encodeMessage([trade]));

const ready = (processor: RunningRole) =>
  until("the processor to be ready", async () => {
    const { status, text } = await processor.readiness();
    return status === 200 || text;
  });

integrationTest(
  "transactions' markers at the end leave no lag: the processor is ready, partitions are raised",
  async () => {
    await using pipeline = await Pipeline.setUp(services, "markers", { KAFKA_PARTITIONS: "1" });
    const producer = pipeline.kafka.producer({
      transactionalId: pipeline.topic,
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    const within = async (of: readonly Trade[], end: "commit" | "abort") => {
      const transaction = await producer.transaction();
      await transaction.send({
        topic: pipeline.topic,
        messages: messages(of).map((value) => ({ key: "X", value: Buffer.from(value) })),
      });
      await transaction[end]();
    };
    await within(trades(0, 3), "commit");
    const processor = pipeline.start("processor");
    await pipeline.drained();
    await ready(processor);
    // What comes now is an aborted message and a marker alone, and then a marker behind a message.
    await within(trades(3, 4), "abort");
    await pipeline.drained();
    await within(trades(4, 6), "commit");
    await pipeline.drained();
    await ready(processor);
    await producer.disconnect();
    await assertStored(pipeline, [...trades(0, 3), ...trades(4, 6)]);
    assertEquals(await processor.metric("finnhub_pipe_processor_lag"), 0);
    await processor.stop();
    const { code, stdout, stderr } = await runToEnd(["setup", "--raise-partitions"], {
      ...pipeline.env,
      KAFKA_PARTITIONS: "2",
    });
    assertEquals(code, 0, stdout + stderr);
  },
);

integrationTest("messages that retention took before they were read are counted and said", async () => {
  await using pipeline = await Pipeline.setUp(services, "retention", { KAFKA_PARTITIONS: "1" });
  await writeTopic(pipeline, messages(trades(0, 10)));
  const first = pipeline.start("processor");
  await pipeline.drained();
  await first.stop();
  await writeTopic(pipeline, messages(trades(10, 30)));
  const gone = (offset: string) =>
    pipeline.admin().then((admin) =>
      admin.deleteTopicRecords({ topic: pipeline.topic, partitions: [{ partition: 0, offset }] })
    );
  await gone("25");
  const processor = pipeline.start("processor");
  await pipeline.drained();
  await assertStored(pipeline, [...trades(0, 10), ...trades(25, 30)]);
  assertEquals(await processor.metric("finnhub_pipe_processor_offsets_lost_total"), 15);
  assertStringIncludes(processor.stderr, "gone from the log before they were read");
  assertEquals(processor.stderr.split("gone from the log").length, 2, "one line");
});

/** Ends a broker as a power cut would that takes the second half of a partition's last segment with it. */
async function cutLog(kafka: Awaited<ReturnType<typeof startKafka>>, topic: string): Promise<void> {
  const [broker] = kafka.servers;
  await broker!.kill();
  const folder = broker!.log.replace(/\/server\.log$/, "");
  const { stdout } = await new Deno.Command("find", {
    args: [folder, "-path", `*/${topic}-0/*.log`],
  }).output();
  const [segment] = new TextDecoder().decode(stdout).trim().split("\n");
  assert(segment, "the segment was found");
  await Deno.truncate(segment, Math.floor((await Deno.stat(segment)).size / 2));
  await broker!.restart();
}

integrationTest(
  "a log that its broker cut short is said and counted, and backfill mends the windows",
  async () => {
    await using zookeeper = await startZooKeeper({});
    await using kafka = await startKafka({ zookeeper });
    const own = { kafka, cassandra: services.cassandra };
    await using pipeline = await Pipeline.setUp(own, "cut", { KAFKA_PARTITIONS: "1" });
    for (const message of messages(trades(0, 40))) await writeTopic(pipeline, [message]);
    const processor = pipeline.start("processor");
    await pipeline.drained();
    await cutLog(kafka, pipeline.topic);
    await writeTopic(pipeline, messages(trades(40, 45)));
    await processor.says(/the log ends before what was read of it/, 90_000);
    assertEquals(await processor.metric("finnhub_pipe_processor_log_cut_total"), 1);
    await pipeline.drained();
    await processor.stop();
    assertEquals(
      (await pipeline.storedTrades()).length,
      45,
      "what was stored stays, and what came anew is stored",
    );
    const { code, stdout, stderr } = await runToEnd(
      ["backfill", "--from", "2026-01-01T00:00:00Z", "--to", "2026-01-02T00:00:00Z", "--repair"],
      pipeline.env,
    );
    assert(code === 0 || code === 1, stdout + stderr);
    await assertStored(pipeline, trades(0, 45));
  },
);
