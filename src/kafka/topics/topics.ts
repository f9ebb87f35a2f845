import type { Admin } from "kafkajs";
import { onceLearnt } from "./learnt.ts";
import { minInSync } from "./replicas.ts";

export type { Admin } from "kafkajs";

/** Name of the dead-letter topic that belongs to a topic. */
export const deadLetterTopic = (topic: string): string => `${topic}.dlq`;

export interface TopicWish {
  topic: string;
  partitions: number;
  replication: number;
  /** Milliseconds. */
  retention: number;
  /** Of one message; the brokers' default when absent. */
  maxBytes?: number;
}

/** What is there, as far as `setup` cares. */
export interface TopicFound {
  /** 0 when the topic does not exist. */
  partitions: number;
  replication: number;
}

/** Looks a topic up. */
export async function findTopic(admin: Admin, topic: string): Promise<TopicFound> {
  if (!(await admin.listTopics()).includes(topic)) return { partitions: 0, replication: 0 };
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const partitions = topics[0]?.partitions ?? [];
  return { partitions: partitions.length, replication: partitions[0]?.replicas.length ?? 0 };
}

/**
 * Makes a topic; false when somebody else was faster. With three replicas a write must reach two of them, so that an
 * acknowledged trade survives the loss of a broker.
 *
 * @param validateOnly makes nothing, and fails as if it did
 */
export async function createTopic(admin: Admin, wish: TopicWish, validateOnly = false): Promise<boolean> {
  const { partitions, replication, topic } = wish;
  const made = await admin.createTopics({
    // kafkajs 2.2.4 gives up where the next broker that it asks has not learnt of the topic (src/admin/index.js).
    waitForLeaders: false,
    validateOnly,
    topics: [{
      topic,
      numPartitions: partitions,
      replicationFactor: replication,
      configEntries: topicConfig(wish),
    }],
  });
  if (!validateOnly) await onceLearnt(() => admin.fetchTopicMetadata({ topics: [topic] }));
  return made;
}

/** The settings that a topic is made with. */
export function topicConfig(
  { maxBytes, replication, retention }: TopicWish,
): { name: string; value: string }[] {
  return [
    { name: "retention.ms", value: String(retention) },
    { name: "min.insync.replicas", value: String(minInSync(replication)) },
    { name: "cleanup.policy", value: "delete" },
    ...(maxBytes === undefined ? [] : [{ name: "max.message.bytes", value: String(maxBytes) }]),
  ];
}

/** First offset after the last message of each partition, by partition. */
export async function endOffsets(admin: Admin, topic: string): Promise<number[]> {
  const ends: number[] = [];
  for (const { partition, high } of await admin.fetchTopicOffsets(topic)) ends[partition] = Number(high);
  return ends;
}

/** First offset that each partition still has, by partition. */
export async function firstOffsets(admin: Admin, topic: string): Promise<number[]> {
  const firsts: number[] = [];
  for (const { low, partition } of await admin.fetchTopicOffsets(topic)) firsts[partition] = Number(low);
  return firsts;
}

/** First offset that a group has not committed, by partition; -1 where it never committed. */
export async function committedOffsets(admin: Admin, groupId: string, topic: string): Promise<number[]> {
  const committed: number[] = [];
  for (const found of await admin.fetchOffsets({ groupId, topics: [topic] })) {
    for (const { offset, partition } of found.partitions) committed[partition] = Number(offset);
  }
  return committed;
}
