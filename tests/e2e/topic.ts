import { Buffer } from "node:buffer";
import type { KafkaMessage } from "kafkajs";
import { until } from "../services/mod.ts";
import type { Pipeline } from "./pipeline.ts";

/** Reads everything that is on a topic. */
export async function readTopic(pipeline: Pipeline, topic: string): Promise<KafkaMessage[]> {
  const wanted = await pipeline.messages(topic);
  const consumer = pipeline.kafka.consumer({
    groupId: `${topic}-${crypto.randomUUID()}`,
    maxWaitTimeInMs: 50,
  });
  const found: KafkaMessage[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: ({ message }) => {
        found.push(message);
        return Promise.resolve();
      },
    });
    await until(`${wanted} messages of ${topic}`, () => {
      return Promise.resolve(found.length >= wanted ? true : `${found.length} came`);
    });
  } finally {
    await consumer.disconnect();
  }
  return found;
}

/** Writes values to the pipeline's topic as some other producer would. */
export async function writeTopic(
  pipeline: Pipeline,
  values: readonly (Uint8Array | null)[],
  key = "X",
  headers: Record<string, string> = {},
): Promise<void> {
  const { Partitioners } = await import("kafkajs");
  const producer = pipeline.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    const messages = values.map((value) => ({
      key,
      headers,
      value: value === null ? null : Buffer.from(value),
    }));
    for (let i = 0; i < messages.length; i += 1000) {
      await producer.send({ topic: pipeline.topic, messages: messages.slice(i, i + 1000) });
    }
  } finally {
    await producer.disconnect();
  }
}
