import { assertEquals } from "@std/assert";
import type { Kafka } from "kafkajs";
import { integrationTest } from "../needs.ts";
import { silent } from "../unit/processing/fakes.ts";

type Partitioner = (choice: { topic: string; partitionMetadata: unknown[]; message: object }) => number;

/** kafkajs, when the leader of partition 0 moves while a batch is sent: it reports the other partitions only. */
function movingKafka(requests: unknown[][]): Kafka {
  const metadata = [0, 1, 2].map((partitionId) => ({ partitionId, leader: 1 }));
  return {
    producer: ({ createPartitioner }: { createPartitioner: () => Partitioner }) => {
      const partitionOf = createPartitioner();
      return {
        events: { DISCONNECT: "disconnect" },
        on: () => {},
        connect: () => Promise.resolve(),
        disconnect: () => Promise.resolve(),
        send: ({ messages, topic }: { messages: { key: string }[]; topic: string }) => {
          const placed = messages.map((message) => ({
            key: message.key,
            partition: partitionOf({ topic, partitionMetadata: metadata, message }),
          }));
          requests.push(placed.map(({ key }) => key));
          const partitions = new Set(placed.map(({ partition }) => partition));
          if (partitions.size > 1) partitions.delete(0);
          return Promise.resolve(
            [...partitions].map((partition) => ({ topicName: topic, partition, errorCode: 0 })),
          );
        },
      };
    },
  } as unknown as Kafka;
}

// Loads kafkajs, which cannot be loaded without permissions.
integrationTest("what kafkajs leaves out when a partition moves is sent again, and only that", async () => {
  const { BatchSender } = await import("../../src/kafka/batch_sender.ts");
  const requests: string[][] = [];
  const sender = new BatchSender({ kafka: movingKafka(requests), log: silent, random: () => 0 });
  const keys = Array.from({ length: 30 }, (_, i) => `symbol-${i}`);
  const messages = keys.map((key) => ({ key, value: new Uint8Array([1]) }));
  await sender.send("market", messages, new AbortController().signal);
  assertEquals(requests.length, 2);
  assertEquals(requests[0], keys);
  assertEquals(requests[1]!.length > 0 && requests[1]!.length < keys.length, true);
  await sender.close();
});
