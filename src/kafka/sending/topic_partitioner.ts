import { type Kafka, type PartitionerArgs, Partitioners } from "kafkajs";

/** As long as kafkajs trusts what it knows of a topic, milliseconds. */
const MAX_AGE = 5 * 60_000;

type Metadata = PartitionerArgs["partitionMetadata"];

/** Puts messages into the partitions that every Kafka client would: murmur2 of the key, in turn where there is none. */
export class TopicPartitioner {
  readonly #partitionOf = Partitioners.DefaultPartitioner();
  readonly #known = new Map<string, { metadata: Metadata; readAt: number }>();
  readonly #looking = new Map<string, Promise<void>>();

  /** @param clock milliseconds, monotonic */
  constructor(readonly kafka: Pick<Kafka, "admin">, readonly clock: () => number) {}

  /** Whether a topic's partitions are known. What is old serves until it is read anew, since brokers may be away. */
  knows(topic: string): boolean {
    const known = this.#known.get(topic);
    if (known === undefined) return false;
    if (this.clock() - known.readAt >= MAX_AGE) this.look(topic).catch(() => {});
    return true;
  }

  /** The partition of a message; its topic must be known. */
  partitionOf(topic: string, message: { key: string | null }): number {
    const { metadata } = this.#known.get(topic)!;
    return this.#partitionOf({ topic, partitionMetadata: metadata, message } as unknown as PartitionerArgs);
  }

  /** Whether a topic has a partition, as far as is known. */
  has(topic: string, partition: number): boolean {
    return this.#known.get(topic)?.metadata.some(({ partitionId }) => partitionId === partition) ?? false;
  }

  /**
   * Reads a topic's partitions anew, once for all that ask meanwhile.
   *
   * @throws what kafkajs throws when no broker answers or the topic does not exist
   */
  look(topic: string): Promise<void> {
    const looking = this.#looking.get(topic) ?? this.#read(topic).finally(() => this.#looking.delete(topic));
    this.#looking.set(topic, looking);
    return looking;
  }

  async #read(topic: string): Promise<void> {
    const admin = this.kafka.admin();
    try {
      await admin.connect();
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const metadata = topics[0]?.partitions ?? [];
      if (metadata.length === 0) throw new Error(`topic ${topic} has no partitions yet`);
      this.#known.set(topic, { metadata, readAt: this.clock() });
    } finally {
      await admin.disconnect().catch(() => {});
    }
  }
}
