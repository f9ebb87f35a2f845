import type { Kafka } from "kafkajs";
import { KAFKA_ANSWERS } from "../../src/kafka/answers.ts";

export interface ModelMessage {
  key: string | null;
  value: Uint8Array | null;
  partition: number;
}

interface Batch {
  id: number;
  first: number;
  last: number;
}

interface Partition {
  log: { message: ModelMessage; place: number }[];
  /** Latest batches of each producer id, as a broker keeps them to know one again. */
  batches: Batch[];
}

/** A failure as kafkajs throws it: wrapped, with the protocol's code of it. */
export function brokerError(name: string): Error {
  const code = [...KAFKA_ANSWERS].find(([, known]) => known.name === name)?.[0];
  if (code === undefined) throw new RangeError(`no error of the protocol: ${name}`);
  const cause = Object.assign(new Error(`the broker says ${name}`), { code });
  return new Error("gave up", { cause });
}

/**
 * Brokers and the client of kafkajs 2.2.4, as far as writing goes: a broker knows a batch again by producer id and sequence
 * numbers, and the client gives each batch the next numbers and takes them back when its request fails.
 */
export class ModelKafka {
  readonly requests: ModelMessage[][] = [];
  /** Producer ids that were given. */
  ids = 0;
  lookups = 0;
  /** Messages of the largest batch that brokers take. */
  limit = Infinity;
  /** Called before a request is looked at; what it throws is the answer, and nothing is in. */
  before: (messages: readonly ModelMessage[]) => unknown = () => {};
  /** Called when a request is in; what it throws is all that the client hears. */
  after: (messages: readonly ModelMessage[]) => unknown = () => {};
  #partitions: Partition[] = [];
  #place = 0;

  constructor(partitions = 3) {
    this.makeTopic(partitions);
  }

  /** The same object as the type that the code under test takes. */
  get kafka(): Kafka {
    return this as unknown as Kafka;
  }

  /** Makes the topic anew, empty. */
  makeTopic(partitions: number): void {
    this.#partitions = Array.from({ length: partitions }, () => ({ log: [], batches: [] }));
  }

  get partitions(): number {
    return this.#partitions.length;
  }

  /** What is in a partition. */
  log(partition: number): readonly ModelMessage[] {
    return this.#partitions[partition]!.log.map(({ message }) => message);
  }

  /** Everything that is in, in the order in which it came, over all partitions. */
  all(): ModelMessage[] {
    const all = this.#partitions.flatMap(({ log }) => log).toSorted((a, b) => a.place - b.place);
    return all.map(({ message }) => message);
  }

  /** Takes the last batch of a partition away, as a broker does that lost what it had not yet flushed. */
  loseTail(partition: number): ModelMessage[] {
    const { batches, log } = this.#partitions[partition]!;
    const lost = batches.pop();
    if (lost === undefined) return [];
    return log.splice(log.length - (lost.last - lost.first + 1)).map(({ message }) => message);
  }

  producer() {
    const id = this.ids++;
    const next = new Map<number, number>();
    return {
      events: { DISCONNECT: "disconnect" },
      on: () => {},
      connect: () => Promise.resolve(),
      disconnect: () => Promise.resolve(),
      send: async ({ messages }: { messages: ModelMessage[] }) => {
        const partition = messages[0]!.partition;
        const first = next.get(partition) ?? 0;
        next.set(partition, first + messages.length);
        try {
          return await this.#write({ id, first, last: first + messages.length - 1 }, messages);
        } catch (error) {
          next.set(partition, next.get(partition)! - messages.length);
          throw error;
        }
      },
    };
  }

  admin() {
    return {
      connect: () => Promise.resolve(),
      disconnect: () => Promise.resolve(),
      fetchTopicMetadata: () => {
        this.lookups++;
        const partitions = this.#partitions.map((_, partitionId) => ({ partitionId, leader: 1 }));
        return Promise.resolve({ topics: [{ partitions }] });
      },
    };
  }

  async #write(batch: Batch, messages: ModelMessage[]): Promise<unknown[]> {
    this.requests.push(messages);
    await this.before(messages);
    const partition = this.#partitions[messages[0]!.partition];
    // kafkajs asks nobody when it knows no leader.
    if (partition === undefined) return [];
    if (messages.length > this.limit) throw brokerError("MESSAGE_TOO_LARGE");
    const own = partition.batches.filter(({ id }) => id === batch.id);
    const known = own.slice(-5).some(({ first, last }) => first === batch.first && last === batch.last);
    if (!known) {
      const last = own.at(-1)?.last;
      if (last !== undefined && batch.first !== last + 1) throw brokerError("OUT_OF_ORDER_SEQUENCE_NUMBER");
      partition.batches.push(batch);
      for (const message of messages) partition.log.push({ message, place: this.#place++ });
    }
    await this.after(messages);
    return [{ errorCode: 0 }];
  }
}
