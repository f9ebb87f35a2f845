import { type Kafka, type PartitionerArgs, Partitioners } from "kafkajs";

/** As long as kafkajs trusts what it knows of a topic, milliseconds. */
const MAX_AGE = 5 * 60_000;

type Metadata = PartitionerArgs["partitionMetadata"];

/** Puts messages into the partitions that every Kafka client would: murmur2 of the key, in turn where there is none. */
export class TopicPartitioner {
  readonly #partitionOf = Partitioners.DefaultPartitioner();
  readonly #known = new Map<string, { metadata: Metadata; readAt: number }>();

  /** @param clock milliseconds, monotonic */
  constructor(readonly kafka: Pick<Kafka, "admin">, readonly clock: () => number) {}

  /**
   * The messages by partition, in their order.
   *
   * @throws what kafkajs throws when no broker answers or the topic does not exist
   */
  async assign<M extends { key?: unknown }>(
    topic: string,
    messages: readonly M[],
  ): Promise<Map<number, M[]>> {
    const partitionMetadata = await this.#metadata(topic);
    const assigned = new Map<number, M[]>();
    for (const message of messages) {
      const choice = { topic, partitionMetadata, message } as unknown as PartitionerArgs;
      const partition = this.#partitionOf(choice);
      const others = assigned.get(partition);
      if (others) others.push(message);
      else assigned.set(partition, [message]);
    }
    return assigned;
  }

  async #metadata(topic: string): Promise<Metadata> {
    const known = this.#known.get(topic);
    if (known && this.clock() - known.readAt < MAX_AGE) return known.metadata;
    const admin = this.kafka.admin();
    try {
      await admin.connect();
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const metadata = topics[0]?.partitions ?? [];
      if (metadata.length === 0) throw new Error(`topic ${topic} has no partitions yet`);
      this.#known.set(topic, { metadata, readAt: this.clock() });
      return metadata;
    } catch (error) {
      // The number of partitions hardly ever changes: what was known serves while the brokers are away.
      if (known) return known.metadata;
      throw error;
    } finally {
      await admin.disconnect().catch(() => {});
    }
  }
}
