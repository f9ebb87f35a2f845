/** What the sender does about faults of real brokers. */
import { assert, assertEquals } from "@std/assert";
import type { Kafka as Client } from "kafkajs";
import type { BatchSender } from "../../src/kafka/sending/batch_sender.ts";
import type { KafkaSettings } from "../../src/settings/kafka.ts";
import { hostList } from "../../src/settings/parsers.ts";
import { integrationTest, integrationTestUnless, permitted } from "../needs.ts";
import { clusterView } from "../services/kafka_probe.ts";
import { type Kafka, startKafka, startZooKeeper, until } from "../services/mod.ts";
import { silent } from "../unit/processing/fakes.ts";

const FOREVER = new AbortController().signal;

/** A client and a sender to one broker, as the settings make them. */
class Bench implements AsyncDisposable {
  private constructor(
    readonly client: Client,
    readonly sender: BatchSender,
    /** Errors of requests so far. */
    readonly failures: readonly string[],
  ) {}

  static async to(kafkaServer: string[]): Promise<Bench> {
    const { kafkaClient } = await import("../../src/kafka/client.ts");
    const { BatchSender } = await import("../../src/kafka/sending/batch_sender.ts");
    const settings: KafkaSettings = {
      kafkaServer,
      kafkaPort: 9092,
      kafkaTls: false,
      kafkaCaFile: undefined,
      kafkaCertFile: undefined,
      kafkaKeyFile: undefined,
      kafkaSasl: undefined,
      kafkaUser: "",
      kafkaPassword: "",
    };
    const kafka = kafkaClient(settings, "test", silent);
    const failures: string[] = [];
    const onFailure = (error: string) => void failures.push(error);
    const sender = new BatchSender({ kafka, log: silent, random: Math.random, onFailure });
    return new Bench(kafka, sender, failures);
  }

  async makeTopic(topic: string, numPartitions: number, config: Record<string, string> = {}): Promise<void> {
    const admin = this.client.admin();
    await admin.connect();
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic, numPartitions, replicationFactor: 1, configEntries }],
    });
    await admin.disconnect();
  }

  /** Makes a topic anew. A broker may still be deleting the old one and take the new one with it: then it is made once more. */
  async makeAnew(topic: string, numPartitions: number): Promise<void> {
    const admin = this.client.admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [topic] });
    await until(`${topic} to be there anew`, async () => {
      await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1 }] }).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const found = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => undefined);
      return found?.topics[0]?.partitions.length === numPartitions || "not yet";
    });
    await admin.disconnect();
  }

  /** Keys of all messages of a topic, by partition. */
  async keys(topic: string): Promise<string[]> {
    const admin = this.client.admin();
    await admin.connect();
    const ends = await admin.fetchTopicOffsets(topic);
    await admin.disconnect();
    const wanted = ends.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
    const consumer = this.client.consumer({ groupId: crypto.randomUUID(), maxWaitTimeInMs: 50 });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const keys: string[] = [];
    const all = Promise.withResolvers<void>();
    if (wanted === 0) all.resolve();
    await consumer.run({
      eachMessage: ({ message }) => {
        keys.push(String(message.key));
        if (keys.length >= wanted) all.resolve();
        return Promise.resolve();
      },
    });
    await all.promise;
    await consumer.disconnect();
    return keys;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sender.close();
  }
}

const messages = (count: number, bytes: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ key: `k${from + i}`, value: new Uint8Array(bytes) }));

/** Cuts the last batch off a partition's log, and what the broker noted of its state: it had not reached the disk. */
async function loseTail(kafka: Kafka, partition: string, batch: number): Promise<void> {
  const folder = `${kafka.servers[0]!.log.replace(/\/[^/]*$/, "")}/data/${partition}`;
  const names = Array.from(Deno.readDirSync(folder), ({ name }) => name);
  const segment = `${folder}/${names.filter((name) => name.endsWith(".log")).toSorted().at(-1)}`;
  await Deno.truncate(segment, (await Deno.stat(segment)).size - batch);
  for (const name of names) {
    if (/\.(snapshot|index|timeindex)$/.test(name)) await Deno.remove(`${folder}/${name}`);
  }
}

integrationTest(
  "real brokers: what is too large, a lost tail and a topic of fewer partitions hold nothing up",
  async () => {
    await using zookeeper = await startZooKeeper();
    await using kafka = await startKafka({ zookeeper });
    await using bench = await Bench.to(kafka.bootstrap);
    const { sender } = bench;

    await bench.makeTopic("small", 1, { "max.message.bytes": "20000" });
    const mixed = [...messages(200, 1000), ...messages(1, 30_000, 200), ...messages(200, 1000, 201)];
    const refused = await sender.send("small", mixed, FOREVER);
    assertEquals(refused.map(({ key }) => key), ["k200"]);
    assertEquals(await bench.keys("small"), mixed.map(({ key }) => key).filter((key) => key !== "k200"));
    assert(bench.failures.includes("MESSAGE_TOO_LARGE"));

    await bench.makeTopic("tail", 1);
    for (let i = 0; i < 5; i++) await sender.send("tail", messages(1, 100, i), FOREVER);
    const [server] = kafka.servers;
    await server!.kill("SIGKILL");
    const { BATCH_OVERHEAD } = await import("../../src/kafka/sending/record_size.ts");
    // A record of 100 bytes and a key of two: its lengths, deltas and attributes take ten.
    await loseTail(kafka, "tail-0", BATCH_OVERHEAD + 111);
    await server!.restart();
    await sender.send("tail", messages(3, 100, 5), FOREVER);
    await sender.send("tail", messages(1, 100, 8), FOREVER);
    assertEquals(await bench.keys("tail"), ["k0", "k1", "k2", "k3", "k5", "k6", "k7", "k8"]);
    assert(bench.failures.includes("OUT_OF_ORDER_SEQUENCE_NUMBER"), bench.failures.join());

    const { newestMessage } = await import("../../src/kafka/newest_message.ts");
    const now = Date.now();
    await bench.makeTopic("times", 3);
    assertEquals(await newestMessage(bench.client, "times", now), undefined);
    const times = [now - 5_000_000, now - 12_345, now - 99_999_999, now - 12_346];
    await sender.send(
      "times",
      times.map((timestamp, i) => ({ ...messages(1, 1, i)[0]!, timestamp })),
      FOREVER,
    );
    assertEquals(await newestMessage(bench.client, "times", now), now - 12_345);

    await bench.makeTopic("anew", 6);
    await sender.send("anew", messages(60, 10), FOREVER);
    await bench.makeAnew("anew", 2);
    await sender.send("anew", messages(60, 10, 60), FOREVER);
    assertEquals(
      (await bench.keys("anew")).toSorted(),
      messages(60, 10, 60).map(({ key }) => key).toSorted(),
    );
    assertEquals(sender.trouble, undefined);
  },
  true,
);

/** Whether this machine has IPv6 on loopback. */
function hasIpv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}

integrationTestUnless(
  permitted && hasIpv6() ? undefined : "no IPv6 on loopback",
  "a broker that listens on ::1 alone is reached",
  async () => {
    await using zookeeper = await startZooKeeper();
    await using kafka = await startKafka({
      zookeeper,
      configured: {
        env: {},
        properties: (own, { plain }) => {
          const listener = `PLAINTEXT://[::1]:${plain}`;
          return `${own}\nlisteners=${listener}\nadvertised.listeners=${listener}\n`;
        },
        ready: async (port) => (await clusterView("::1", port)).controller > 0 || "it knows no controller",
      },
    });
    const port = kafka.bootstrap[0]!.split(":")[1];
    await using bench = await Bench.to(hostList(`[::1]:${port}`));
    await bench.makeTopic("six", 2);
    await bench.sender.send("six", messages(10, 10), FOREVER);
    assertEquals((await bench.keys("six")).length, 10);
  },
);
