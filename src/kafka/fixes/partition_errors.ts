/** What a fetch brought of a topic. */
export interface FetchedTopic {
  topicName: string;
  partitions: { partition: number; errorCode: number; records: { length: number } }[];
}

/** Time between two fetches that fail for the same partition, milliseconds: doubled each time. */
const FIRST_MS = 250;
const LAST_MS = 5000;

/**
 * Keeps a partition that cannot be read from holding up the others of its broker.
 *
 * kafkajs 2.2.4 lets a whole fetch fail for the error of one partition, whose data directory may be broken for days
 * (src/protocol/requests/fetch/v0/response.js, `parse`). It needs to see that error: it may have to ask for the leader anew,
 * or for the first offset. So it sees the first at once and others now and then; in between it gets what other partitions brought.
 */
export class PartitionErrors {
  /** When a fetch may fail again, by topic and partition, while its error lasts. */
  readonly #next = new Map<string, { at: number; wait: number }>();

  /** @param clock milliseconds, monotonic */
  constructor(readonly clock: () => number) {}

  /**
   * Takes out of an answer the partitions whose error was seen a short time ago. Not where no other brought anything: a broker
   * that has an error to tell does not wait for messages, and would be asked again without a pause.
   */
  sift(topics: readonly FetchedTopic[]): void {
    const brought = topics.some(({ partitions }) => partitions.some(({ records }) => records.length > 0));
    for (const topic of topics) {
      topic.partitions = topic.partitions.filter(({ errorCode, partition }) => {
        const key = `${topic.topicName}/${partition}`;
        if (errorCode !== 0) return this.#mayFail(key) || !brought;
        this.#next.delete(key);
        return true;
      });
    }
  }

  #mayFail(key: string): boolean {
    const now = this.clock();
    const { at, wait } = this.#next.get(key) ?? { at: now, wait: FIRST_MS };
    if (now < at) return false;
    this.#next.set(key, { at: now + wait, wait: Math.min(LAST_MS, 2 * wait) });
    return true;
  }
}
