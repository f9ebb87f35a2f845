import { assert, assertEquals } from "@std/assert";
import { integrationTest, secondsFrom } from "../needs.ts";
import { type Server, startServices, until } from "../services/mod.ts";
import { assertStored } from "./check.ts";
import { Pipeline } from "./pipeline.ts";
import type { RunningRole } from "./role.ts";
import { TradeStream } from "./trade_stream.ts";

/** How long servers stay away. `make faults` says 60; a test run that everybody waits for, less. */
const AWAY_S = secondsFrom("FAULT_SECONDS", 15);

const seconds = (count: number) => new Promise((resolve) => setTimeout(resolve, count * 1000));
const out = (processor: RunningRole) => processor.metric("finnhub_pipe_processor_trades_out_total");

async function goesOn(processor: RunningRole, more = 500, deadline = 60_000): Promise<number> {
  const before = await out(processor);
  const start = performance.now();
  await until(`${more} more trades to be stored`, async () => {
    const now = await out(processor);
    return now >= before + more ? true : `${now - before}`;
  }, { deadline });
  return performance.now() - start;
}

/** Starts a server again, and once more if it ends while it starts, as every orchestrator would. */
async function comesBack(server: Server): Promise<void> {
  try {
    await server.restart();
  } catch (error) {
    console.warn(`${server.name} is started once more: ${error}`);
    await server.restart();
  }
}

/** Takes each partition's leader out of its replicas, so that another leads while all brokers run; resolves when it does. */
async function moveLeaders(pipeline: Pipeline): Promise<void> {
  const admin = await pipeline.admin();
  const partitions = async () =>
    (await admin.fetchTopicMetadata({ topics: [pipeline.topic] })).topics[0]!.partitions;
  const before = await partitions();
  await admin.alterPartitionReassignments({
    topics: [{
      topic: pipeline.topic,
      partitionAssignment: before.map(({ leader, partitionId, replicas }) => ({
        partition: partitionId,
        replicas: replicas.filter((replica) => replica !== leader),
      })),
    }],
  });
  const ledBy = new Map(before.map(({ leader, partitionId }) => [partitionId, leader]));
  await until("every partition to be led by another broker", async () => {
    const stayed = (await partitions()).filter(({ leader, partitionId }) =>
      leader < 0 || ledBy.get(partitionId) === leader
    );
    return stayed.length === 0 ? true : `not ${stayed.map(({ partitionId }) => partitionId).join(", ")}`;
  });
}

const LOAD = { symbols: 8, messagesPerSecond: 200, tradesPerMessage: 5, seed: 9 };

integrationTest(
  "with one of three brokers and Cassandra nodes lost and back, and all leaders moved, nothing is lost",
  async () => {
    await using services = await startServices({ kafkaBrokers: 3, cassandraNodes: 3 });
    await using pipeline = await Pipeline.setUp(services, "one-of-three", {
      KAFKA_PARTITIONS: "3",
      KAFKA_REPLICATION: "3",
      CASSANDRA_REPLICATION: "3",
    });
    const processor = pipeline.start("processor");
    await using stream = await TradeStream.start(pipeline, LOAD);
    await goesOn(processor);

    const node = services.cassandra.servers[1]!;
    await node.kill("SIGKILL");
    await goesOn(processor, 2000);
    // Now and then Cassandra refuses what SIGKILL left on its disk. Two of three nodes must do then: nothing may be lost either way.
    await comesBack(node).catch((error) => console.warn(`${node.name} stays away: ${error}`));

    const broker = services.kafka.servers[0]!;
    await broker.kill("SIGKILL");
    await goesOn(processor, 1000);
    await comesBack(broker);
    await goesOn(processor, 1000);

    await moveLeaders(pipeline);
    await goesOn(processor, 1000);

    const trades = await stream.stop();
    await pipeline.drained();
    await assertStored(pipeline, trades);
  },
);

integrationTest(
  `Cassandra away for ${AWAY_S} s: the processor keeps its place, its size, and every trade`,
  async () => {
    await using services = await startServices();
    await using pipeline = await Pipeline.setUp(services, "cassandra-away");
    const processor = pipeline.start("processor");
    await using stream = await TradeStream.start(pipeline, { ...LOAD, messagesPerSecond: 1000 });
    await goesOn(processor);
    const rebalances = await processor.metric("finnhub_pipe_processor_rebalances_total");
    const cassandra = services.cassandra.servers[0]!;
    await cassandra.kill("SIGKILL");
    await until("the processor to say that it is not ready", async () => {
      const { status, text } = await processor.readiness();
      return status === 503 && text.includes("store") ? true : text;
    });
    const size = await processor.residentMiB();
    await seconds(AWAY_S);
    const grown = await processor.residentMiB() - size;
    assert(grown < 64, `grew by ${Math.round(grown)} MiB`);
    await comesBack(cassandra);
    const resumed = await goesOn(processor);
    assert(resumed < 10_000, `resumed after ${resumed} ms`);
    const trades = await stream.stop();
    await pipeline.drained();
    await assertStored(pipeline, trades);
    assertEquals(
      await processor.metric("finnhub_pipe_processor_rebalances_total"),
      rebalances,
      "kept its membership",
    );
  },
);

integrationTest(
  `Cassandra that answers nothing for ${AWAY_S} s: a storm of time-outs loses and doubles nothing`,
  async () => {
    await using services = await startServices();
    await using pipeline = await Pipeline.setUp(services, "time-outs");
    const processor = pipeline.start("processor");
    await using stream = await TradeStream.start(pipeline, { ...LOAD, messagesPerSecond: 500 });
    await goesOn(processor);
    const cassandra = services.cassandra.servers[0]!;
    for (let storm = 0; storm < 2; storm++) {
      await cassandra.kill("SIGSTOP");
      await seconds(AWAY_S);
      await cassandra.kill("SIGCONT");
      await goesOn(processor);
    }
    const trades = await stream.stop();
    await pipeline.drained();
    await assertStored(pipeline, trades);
  },
);

integrationTest(
  `Kafka away for ${AWAY_S} s: producer and processor go on by themselves, nothing is lost`,
  async () => {
    await using services = await startServices();
    await using pipeline = await Pipeline.setUp(services, "kafka-away");
    const simulator = await pipeline.simulator(["--symbols", "A,B,C,D", "--rate", "500"]);
    const processor = pipeline.start("processor");
    const producer = pipeline.start("producer", ["--tickers", "A,B,C,D"], simulator.env);
    await goesOn(processor);
    const broker = services.kafka.servers[0]!;
    await broker.kill("SIGKILL");
    await seconds(AWAY_S);
    await comesBack(broker);
    await goesOn(processor, 500 * AWAY_S / 2, 120_000);
    assertEquals((await producer.stop()).code, 0);
    await pipeline.drained();
    const received = await producerTotal(producer);
    assertEquals((await pipeline.rows("SELECT uuid FROM trades")).length, received);
  },
);

/** What the producer said at its end of the trades that it received. */
async function producerTotal(producer: RunningRole): Promise<number> {
  const [, received] = await producer.says(/"received":(\d+)/);
  return Number(received);
}

integrationTest("what a producer sheds while Kafka is away is counted exactly", async () => {
  await using services = await startServices();
  await using pipeline = await Pipeline.setUp(services, "shed");
  const simulator = await pipeline.simulator(["--symbols", "A,B", "--rate", "1000"]);
  const producer = pipeline.start("producer", ["--tickers", "A,B", "--buffer-trades", "2000"], simulator.env);
  await until(
    "the first trades to reach Kafka",
    async () => await pipeline.messages() > 0 ? true : "none yet",
  );
  const broker = services.kafka.servers[0]!;
  await broker.kill("SIGKILL");
  await until("the producer to shed", async () => {
    const shed = await producer.metric("finnhub_pipe_producer_trades_shed_total");
    return shed > 1000 ? true : `${shed}`;
  });
  await comesBack(broker);
  await until("the buffer to drain", async () => {
    const waiting = await producer.metric("finnhub_pipe_producer_buffered_trades");
    return waiting < 100 ? true : `${waiting}`;
  });
  assertEquals((await producer.stop()).code, 0);
  const received = await producerTotal(producer);
  const [, shed] = await producer.says(/"shed":(\d+)/);
  pipeline.start("processor");
  await pipeline.drained();
  assertEquals((await pipeline.rows("SELECT uuid FROM trades")).length, received - Number(shed));
});
