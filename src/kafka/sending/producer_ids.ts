import type { Kafka, Producer } from "kafkajs";

/** An idempotent producer of kafkajs: one producer id, which counts the messages of each partition. */
export interface ProducerId {
  readonly producer: Producer;
  /** Whether it has got its id. */
  connected: boolean;
}

interface Own extends ProducerId {
  /** Batches under way. */
  users: number;
  /** Messages by partition so far. */
  readonly sent: Map<string, number>;
  connecting: Promise<void> | undefined;
}

export interface ProducerIdsOptions {
  kafka: Pick<Kafka, "producer">;
  /**
   * Messages of a partition after which another id is taken. kafkajs 2.2.4 begins anew one number early when sequence numbers
   * end at 2^31 - 1, which brokers refuse as out of order (kafkajs issue 1790). Default 2,000,000,000.
   */
  maxSequence?: number;
}

/**
 * The producer ids that batches are sent under. All take the newest; one that was replaced is kept while a batch that began under it
 * is under way, since only the same id lets a broker know it again.
 */
export class ProducerIds {
  #newest: Own;

  constructor(readonly options: ProducerIdsOptions) {
    this.#newest = this.#make();
  }

  get connected(): boolean {
    return this.#newest.connected;
  }

  /** The id for the next batch of a partition, which has none under way; to be released when that is settled. */
  take(partition: string, messages: number): ProducerId {
    const { maxSequence = 2_000_000_000 } = this.options;
    const sent = this.#newest.sent.get(partition) ?? 0;
    if (sent > 0 && sent + messages > maxSequence) this.replace(this.#newest);
    this.#newest.users++;
    return this.#newest;
  }

  /** Notes that messages of a partition are in under an id. */
  count(id: ProducerId, partition: string, messages: number): void {
    const { sent } = id as Own;
    sent.set(partition, (sent.get(partition) ?? 0) + messages);
  }

  /** Gives an id back; one that was replaced goes when its last batch is settled. */
  release(id: ProducerId): void {
    const own = id as Own;
    own.users--;
    if (own !== this.#newest && own.users === 0) own.producer.disconnect().catch(() => {});
  }

  /** Makes a new id, unless another batch already has. */
  replace(id: ProducerId): void {
    if (id !== this.#newest) return;
    const before = this.#newest;
    this.#newest = this.#make();
    if (before.users === 0) before.producer.disconnect().catch(() => {});
  }

  /** Connects, once for all that wait: two answers to the question for an id would mix up their numbers. */
  async connect(id: ProducerId = this.#newest): Promise<void> {
    const own = id as Own;
    if (own.connected) return;
    own.connecting ??= own.producer.connect().then(() => {
      own.connected = true;
    }).finally(() => own.connecting = undefined);
    await own.connecting;
  }

  async close(): Promise<void> {
    await this.#newest.producer.disconnect();
  }

  #make(): Own {
    const producer = this.options.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: () => ({ message }) => message.partition!,
      // What it gives up is repeated by us, under the same sequence numbers: it takes them back when it fails.
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 2 },
    });
    const own: Own = { producer, connected: false, users: 0, sent: new Map(), connecting: undefined };
    producer.on(producer.events.DISCONNECT, () => own.connected = false);
    return own;
  }
}
