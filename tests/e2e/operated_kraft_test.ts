import { assertEquals } from "@std/assert";
import type { Admin, Kafka } from "kafkajs";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { OperatedKraft } from "./operated_kraft.ts";

/** Waits until every replica of a topic is in sync. */
async function inSync(admin: Admin, topic: string): Promise<void> {
  await until("every replica to be in sync", async () => {
    const { topics: [found] } = await admin.fetchTopicMetadata({ topics: [topic] });
    return found!.partitions.every(({ isr, replicas }) => isr.length === replicas.length) || "some are not";
  });
}

/** A client as a role would be one now. */
async function clientOf(kafka: OperatedKraft): Promise<Kafka> {
  const { Kafka, logLevel } = await import("kafkajs");
  const { bootstrap: brokers, secure } = kafka.endpoints();
  return new Kafka({
    brokers,
    logLevel: logLevel.NOTHING,
    ...(secure && {
      ssl: { ca: secure.ca },
      sasl: { mechanism: "plain", username: secure.login.user, password: secure.login.password },
    }),
  });
}

/** By the number of controllers in pods of their own. One server is ended before it is another: it may take all steps at once. */
const STEPS = {
  0: ["plain", "required"],
  1: ["plain", "offered", "preferred", "required"],
} as const;

for (const controllers of [0, 1] as const) {
  integrationTest(
    `a broker with ${
      controllers === 0 ? "itself as its controller" : "a controller"
    } is moved to TLS, and knows all after each restart`,
    async () => {
      const spec = { kafka: { metadata: "KRaft" }, kafkaController: { replicas: controllers } };
      // Those of 3.9 start sooner.
      const line = controllers === 0 ? "4.4" : "3.9";
      await using kafka = await OperatedKraft.start(spec, line, "plain");
      assertEquals(kafka.servers("kafka-controller").length, controllers);
      const topic = "known";
      for (const [i, step] of STEPS[controllers].entries()) {
        if (i > 0) {
          kafka.transport = step;
          await kafka.roll();
        }
        const client = await clientOf(kafka);
        const [admin, producer] = [client.admin(), client.producer()];
        await admin.connect();
        await producer.connect();
        if (i === 0) {
          await admin.createTopics({ topics: [{ topic, numPartitions: 2, replicationFactor: 1 }] });
        }
        await inSync(admin, topic);
        await producer.send({ topic, messages: [{ key: step, value: step }] });
        const offsets = await admin.fetchTopicOffsets(topic);
        assertEquals(offsets.reduce((sum, { high }) => sum + Number(high), 0), i + 1, step);
        await producer.disconnect();
        await admin.disconnect();
      }
    },
    true,
  );
}
