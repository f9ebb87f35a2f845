import type { Producer } from "kafkajs";
import { Fifo } from "../../async/fifo.ts";
import type { OutgoingMessage } from "../../publishing/outgoing_message.ts";
import type { ProducerId, ProducerIds } from "./producer_ids.ts";
import { BATCH_OVERHEAD } from "./record_size.ts";
import { isOfSize, NoLeader, NoProducerId, type SendAnswer, sendAnswer } from "./send_answers.ts";

export type KafkaMessage = Parameters<Producer["send"]>[0]["messages"][number];

/** A message on its way. */
export interface Entry {
  readonly message: OutgoingMessage;
  /** Bytes that it takes in a batch at most. */
  readonly bytes: number;
  /** Whether nobody waits for it any more: it is not begun, but goes on when it is under way. */
  abandoned(): boolean;
  /** Called once: whether the brokers have it, or refuse it even alone. */
  settle(taken: boolean): void;
}

export interface LaneOptions {
  topic: string;
  partition: number;
  ids: ProducerIds;
  /** Bytes of a batch, which shrink when one is refused as too large. */
  bound: { bytes: number };
  toKafka(message: OutgoingMessage, partition: number): KafkaMessage;
  /** Says what failed, and waits before the next try; rejects when there is to be none. */
  failed(error: unknown, answer: SendAnswer, attempt: number): Promise<void>;
  /** Says that a request went through. */
  worked(): void;
  /** Says that a message is refused even alone. */
  refused(error: unknown, message: OutgoingMessage): void;
  /** Reads the topic's partitions anew; whether this one is gone. */
  isGone(): Promise<boolean>;
  /** Takes back messages, in order, whose partition is gone. */
  assign(entries: readonly Entry[]): void;
  /** Waits for a request, and no longer when there is to be no more. */
  request<T>(work: Promise<T>): Promise<T>;
}

/** Smallest bound that is learnt, bytes: below it requests would cost more than they carry. */
const SMALLEST_BOUND = 16_384;

/** Thrown through the halves of a batch whose partition is gone. */
class Gone extends Error {}

/**
 * One partition's messages: one batch under way, and what waits behind it. Each batch is repeated as it is until it is known to be
 * in or not to be in; giving up earlier could double or lose it.
 */
export class PartitionLane {
  readonly #waiting = new Fifo<Entry>();
  #running = false;

  constructor(readonly options: LaneOptions) {}

  add(entry: Entry): void {
    this.#waiting.push(entry);
    if (this.#running) return;
    this.#running = true;
    // What is added in the same turn goes together. It fails only when the sender is closed.
    Promise.resolve().then(() => this.#run()).catch(() => {});
  }

  async #run(): Promise<void> {
    try {
      for (let batch = this.#take(); batch.length > 0; batch = this.#take()) {
        try {
          await this.#deliver(batch);
        } catch (error) {
          if (!(error instanceof Gone)) throw error;
          this.options.assign([...batch, ...this.#takeAll()]);
        }
      }
    } finally {
      // In the same turn as the look that found nothing: what is added later must start it again.
      this.#running = false;
    }
  }

  /** The oldest messages that fit into a batch, at least one if there is any. */
  #take(): Entry[] {
    const batch: Entry[] = [];
    let bytes = BATCH_OVERHEAD;
    for (let next = this.#waiting.peek(); next; next = this.#waiting.peek()) {
      if (!next.abandoned()) {
        if (batch.length > 0 && bytes + next.bytes > this.options.bound.bytes) break;
        bytes += next.bytes;
        batch.push(next);
      }
      this.#waiting.shift();
    }
    return batch;
  }

  #takeAll(): Entry[] {
    const all: Entry[] = [];
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) all.push(next);
    return all;
  }

  /** Sends until all is settled; removes from `batch` what is. */
  async #deliver(batch: Entry[]): Promise<void> {
    const error = await this.#send(batch);
    if (error === undefined) {
      for (const { settle } of batch.splice(0)) settle(true);
      return;
    }
    if (batch.length === 1) {
      this.options.refused(error, batch[0]!.message);
      for (const { settle } of batch.splice(0)) settle(false);
      return;
    }
    if (isOfSize(error)) this.#learn(batch);
    const rest = batch.splice(Math.ceil(batch.length / 2));
    try {
      await this.#deliver(batch);
      await this.#deliver(rest);
    } finally {
      // What is left when the partition is gone goes back in order.
      batch.push(...rest);
    }
  }

  #learn(batch: readonly Entry[]): void {
    const { bound } = this.options;
    const size = batch.reduce((sum, { bytes }) => sum + bytes, BATCH_OVERHEAD);
    bound.bytes = Math.max(SMALLEST_BOUND, Math.min(bound.bytes, Math.floor(size / 2)));
  }

  /** Repeats a batch until it is in; resolves to the error if it is refused for what is in it. */
  async #send(batch: readonly Entry[]): Promise<unknown> {
    const { ids, partition, toKafka, topic } = this.options;
    const key = `${topic}/${partition}`;
    const messages = batch.map(({ message }) => toKafka(message, partition));
    let id = ids.take(key, messages.length);
    try {
      for (let attempt = 0;; attempt++) {
        const error = await this.#try(id, messages);
        const answer = error === undefined ? "taken" : sendAnswer(error);
        if (answer === "taken") {
          // kafkajs takes the sequence numbers of a failed request back: the next batch would get those of this one.
          if (error !== undefined) ids.replace(id);
          ids.count(id, key, messages.length);
          this.options.worked();
          return undefined;
        }
        if (answer === "split") return error;
        await this.options.failed(error, answer, attempt);
        if (answer === "assign anew" && await this.options.isGone()) throw new Gone();
        if (answer !== "new id") continue;
        ids.replace(id);
        ids.release(id);
        id = ids.take(key, messages.length);
      }
    } finally {
      ids.release(id);
    }
  }

  async #try(id: ProducerId, messages: KafkaMessage[]): Promise<unknown> {
    const { ids, request, topic } = this.options;
    try {
      await request(ids.connect(id));
    } catch (cause) {
      return new NoProducerId(cause);
    }
    try {
      const acknowledged = await request(id.producer.send({ topic, messages, acks: -1, timeout: TIMEOUT }));
      return acknowledged.length === 0 ? new NoLeader() : undefined;
    } catch (error) {
      return error ?? new Error("failed without an error");
    }
  }
}

/**
 * How long a broker waits for its replicas, milliseconds. kafkajs has one request under way for each broker, so for as long all
 * other partitions of that broker wait too.
 */
const TIMEOUT = 10_000;
