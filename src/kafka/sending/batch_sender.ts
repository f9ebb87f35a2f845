import { Buffer } from "node:buffer";
import type { Kafka } from "kafkajs";
import type { OutgoingMessage } from "../../publishing/outgoing_message.ts";
import { errorText, type Logger } from "../../telemetry/log.ts";
import { NowAndThen } from "../../async/now_and_then.ts";
import { backoff, delay, untilAborted } from "../../async/wait.ts";
import { kafkaAnswer } from "../answers.ts";
import { type Entry, type KafkaMessage, PartitionLane } from "./partition_lane.ts";
import { ProducerIds } from "./producer_ids.ts";
import { recordSize } from "./record_size.ts";
import { TopicPartitioner } from "./topic_partitioner.ts";

export interface BatchSenderOptions {
  kafka: Kafka;
  log: Logger;
  random: () => number;
  /** Milliseconds since the epoch. Default: the machine's clock. */
  now?: () => number;
  /** Told of each request that failed: the protocol's name of the error, or `NOT_REACHED`. */
  onFailure?: (error: string) => void;
  /** Messages of a partition after which another producer id is taken. */
  maxSequence?: number;
}

/** Bytes of a batch at first: brokers take 1,048,588 unless they are told otherwise. */
const BATCH_BYTES = 1_000_000;
/** Longest wait between two tries, milliseconds. */
const LONGEST_WAIT = 3000;
/** Time between two lines about the same trouble, milliseconds. */
const SAY_EVERY = 60_000;

/**
 * Sends messages with acks=all through idempotent producers, each repeated until the brokers have it or refuse it for what it
 * is. Each partition has its own order and its own batch under way, and waits for no other.
 *
 * Each request of kafkajs 2.2.4 gets the messages of one partition, and a partition gets its requests one after the other.
 * Of a request to several brokers it can repeat a part that is still under way, under a new sequence number, when
 * another part fails: those messages are doubled. Or it never sends a part whose leader moved to a broker that has
 * acknowledged a part of its own, and reports success (kafkajs issue 1303; src/producer/sendMessages.js).
 */
export class BatchSender {
  readonly #ids: ProducerIds;
  readonly #partitioner: TopicPartitioner;
  readonly #lanes = new Map<string, PartitionLane>();
  /** Topics whose partitions are asked for. */
  readonly #learning = new Map<string, Promise<void>>();
  /** Bytes of a batch, by topic. */
  readonly #bounds = new Map<string, { bytes: number }>();
  /** What does not work at present, by topic or partition. */
  readonly #troubles = new Map<string, string>();
  readonly #closed = new AbortController();

  constructor(readonly options: BatchSenderOptions) {
    const { kafka, maxSequence } = options;
    this.#partitioner = new TopicPartitioner(kafka, () => performance.now());
    this.#ids = new ProducerIds({ kafka, ...(maxSequence === undefined ? {} : { maxSequence }) });
  }

  get connected(): boolean {
    return this.#ids.connected;
  }

  /** What waits at present, why and since when; undefined while nothing does. */
  get trouble(): string | undefined {
    return this.#troubles.values().next().value;
  }

  /** Connects, trying until it works; rejects only when the signal is aborted or the sender closed. */
  async connect(signal: AbortSignal): Promise<void> {
    await untilAborted(this.#untilDone("Kafka is not reached", {}, () => this.#ids.connect()), signal);
  }

  /**
   * Sends messages; those of one key keep their order if the caller waits for one before it sends the next.
   *
   * @returns once all are settled, those that the brokers refuse even alone: too large, or not of the topic's kind. Empty as a
   * rule; the others are acknowledged.
   * @throws only when the signal is aborted: what was not begun by then is dropped, and what is under way goes on until it is
   * settled or the sender is closed.
   */
  async send(
    topic: string,
    messages: readonly OutgoingMessage[],
    signal: AbortSignal,
  ): Promise<readonly OutgoingMessage[]> {
    signal.throwIfAborted();
    if (messages.length === 0) return [];
    const refused: OutgoingMessage[] = [];
    const done = Promise.withResolvers<void>();
    let left = messages.length;
    const entries = messages.map((message): Entry => ({
      message,
      bytes: recordSize(message),
      abandoned: () => signal.aborted,
      settle: (taken) => {
        if (!taken) refused.push(message);
        if (--left === 0) done.resolve();
      },
    }));
    if (this.#partitioner.knows(topic)) this.#assign(topic, entries);
    else this.#known(topic).then(() => this.#assign(topic, entries)).catch(done.reject);
    await untilAborted(done.promise, signal);
    return refused;
  }

  /** Ends all work; what is not acknowledged by now may be in or not. */
  async close(): Promise<void> {
    this.#closed.abort(new Error("the sender is closed"));
    await this.#ids.close();
  }

  /** Resolves when a topic's partitions are known; for all that wait in the order of their calls. */
  #known(topic: string): Promise<void> {
    const known = this.#learning.get(topic) ??
      this.#untilDone("Kafka does not tell of a topic", { topic }, () => this.#partitioner.look(topic))
        .finally(() => this.#learning.delete(topic));
    this.#learning.set(topic, known);
    return known;
  }

  #assign(topic: string, entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.#lane(topic, this.#partitioner.partitionOf(topic, entry.message)).add(entry);
    }
  }

  #lane(topic: string, partition: number): PartitionLane {
    const key = `${topic}/${partition}`;
    let lane = this.#lanes.get(key);
    if (lane === undefined) this.#lanes.set(key, lane = this.#makeLane(key, topic, partition));
    return lane;
  }

  #makeLane(key: string, topic: string, partition: number): PartitionLane {
    const { log } = this.options;
    const bound = this.#bounds.get(topic) ?? { bytes: BATCH_BYTES };
    this.#bounds.set(topic, bound);
    const failed = this.#complaints(key, "Kafka does not take messages", { topic, partition });
    const refusals = new NowAndThen(SAY_EVERY, () => performance.now());
    return new PartitionLane({
      topic,
      partition,
      ids: this.#ids,
      bound,
      toKafka: kafkaMessage,
      failed: (error, answer, attempt) => failed(error, attempt, answer),
      worked: () => void this.#troubles.delete(key),
      refused: (error, message) => {
        this.options.onFailure?.(kafkaAnswer(error).name);
        const times = refusals.due();
        if (times === undefined) return;
        log.error("Kafka refuses a message even alone, it is passed over", {
          topic,
          partition,
          error: errorText(error),
          bytes: recordSize(message),
          times,
          remedy: kafkaAnswer(error).remedy,
        });
      },
      isGone: async () => {
        // If no broker tells, the batch is repeated as it is.
        await this.#partitioner.look(topic).catch(() => {});
        return !this.#partitioner.has(topic, partition);
      },
      assign: (entries) => {
        log.warn("a topic has fewer partitions than before, messages are assigned anew", {
          topic,
          partition,
        });
        this.#troubles.delete(key);
        this.#assign(topic, entries);
      },
      request: (work) => untilAborted(work, this.#closed.signal),
    });
  }

  /** Repeats what fails until it works or the sender is closed. */
  async #untilDone<T>(complaint: string, about: { topic?: string }, work: () => Promise<T>): Promise<T> {
    const key = about.topic ?? "";
    const failed = this.#complaints(key, complaint, about);
    for (let attempt = 0;; attempt++) {
      this.#closed.signal.throwIfAborted();
      try {
        const result = await untilAborted(work(), this.#closed.signal);
        this.#troubles.delete(key);
        return result;
      } catch (error) {
        await failed(error, attempt);
      }
    }
  }

  /** Makes a function that logs a failure now and then, and waits before the next try. */
  #complaints(key: string, complaint: string, about: { topic?: string; partition?: number }) {
    const { log, now = Date.now, onFailure, random } = this.options;
    const line = new NowAndThen(SAY_EVERY, () => performance.now());
    return async (error: unknown, attempt: number, answer = "again") => {
      this.#closed.signal.throwIfAborted();
      onFailure?.(kafkaAnswer(error).name);
      if (!this.#troubles.has(key)) {
        const where = [about.topic, about.partition].filter((part) => part !== undefined).join("/");
        const since = new Date(now()).toISOString();
        this.#troubles.set(key, `${complaint}${where && `, ${where}`}, since ${since}: ${errorText(error)}`);
      }
      const times = line.due();
      if (times !== undefined) {
        const remedy = kafkaAnswer(error).remedy;
        log.warn(`${complaint}, trying again`, { ...about, error: errorText(error), answer, times, remedy });
      }
      await delay(backoff(attempt, { cap: LONGEST_WAIT, random }), this.#closed.signal);
    };
  }
}

function kafkaMessage({ headers, key, timestamp, value }: OutgoingMessage, partition: number): KafkaMessage {
  return {
    key,
    partition,
    // kafkajs writes the length of a Buffer and of nothing else right.
    value: value === null ? null : Buffer.from(value.buffer, value.byteOffset, value.length),
    ...(headers === undefined ? {} : { headers }),
    ...(timestamp === undefined ? {} : { timestamp: String(timestamp) }),
  };
}
