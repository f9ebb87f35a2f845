import { Buffer } from "node:buffer";
import type { Kafka, Producer } from "kafkajs";
import type { OutgoingMessage } from "../publishing/outgoing_message.ts";
import { errorText, type Logger } from "../telemetry/log.ts";
import { backoff, delay } from "../async/wait.ts";
import { TopicPartitioner } from "./topic_partitioner.ts";

export interface BatchSenderOptions {
  kafka: Kafka;
  log: Logger;
  random: () => number;
}

type KafkaMessage = Parameters<Producer["send"]>[0]["messages"][number];

/**
 * Sends batches with acks=all through an idempotent producer, each repeated until the brokers have it.
 *
 * Each request of kafkajs 2.2.4 gets the messages of one partition, and a partition gets its requests one after the other.
 * Of a request to several brokers it can repeat a part that is still under way, under a new sequence number, when
 * another part fails: those messages are doubled. Or it never sends a part whose leader moved to a broker that has
 * acknowledged a part of its own, and reports success (kafkajs issue 1303; src/producer/sendMessages.js).
 */
export class BatchSender {
  readonly #producer: Producer;
  readonly #partitioner: TopicPartitioner;
  /** The last request of each partition. */
  readonly #last = new Map<string, Promise<void>>();
  #connected = false;

  constructor(readonly options: BatchSenderOptions) {
    this.#partitioner = new TopicPartitioner(options.kafka, () => performance.now());
    this.#producer = options.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: () => ({ message }) => message.partition!,
      // The same sequence numbers must be repeated until they are known to be in: giving up could double or lose.
      retry: { initialRetryTime: 100, maxRetryTime: 3000, retries: Number.MAX_SAFE_INTEGER },
    });
    this.#producer.on(this.#producer.events.DISCONNECT, () => this.#connected = false);
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Connects, trying until it works; rejects only when the signal is aborted. */
  async connect(signal: AbortSignal): Promise<void> {
    if (this.#connected) return;
    await this.#untilDone("Kafka is not reached, trying again", {}, signal, async () => {
      await this.#producer.connect();
      this.#connected = true;
    });
  }

  /** Resolves when all messages are acknowledged; rejects only when the signal is aborted. */
  async send(topic: string, messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<void> {
    const assigned = await this.#untilDone(
      "Kafka does not tell of a topic, trying again",
      { topic },
      signal,
      () => {
        return this.#partitioner.assign(topic, messages);
      },
    );
    await Promise.all(
      Array.from(assigned, ([partition, part]) => this.#sendInTurn(topic, partition, part, signal)),
    );
  }

  async close(): Promise<void> {
    await this.#producer.disconnect();
  }

  #sendInTurn(
    topic: string,
    partition: number,
    messages: readonly OutgoingMessage[],
    signal: AbortSignal,
  ): Promise<void> {
    const key = `${topic}/${partition}`;
    const request = {
      topic,
      messages: messages.map((message) => kafkaMessage(message, partition)),
      acks: -1,
    };
    const before = this.#last.get(key) ?? Promise.resolve();
    const sending = before.then(() =>
      this.#untilDone(
        "Kafka does not take messages, trying again",
        { topic, partition },
        signal,
        async () => {
          await this.connect(signal);
          const acknowledged = await this.#producer.send({ ...request, timeout: 30_000 });
          if (acknowledged.length === 0) throw new Error("no broker leads the partition");
        },
      )
    );
    this.#last.set(key, sending.catch(() => {}));
    return sending;
  }

  /** Repeats what fails; kafkajs cannot be told to stop, so an abort ends the wait for it and not its work. */
  async #untilDone<T>(
    complaint: string,
    about: Record<string, unknown>,
    signal: AbortSignal,
    work: () => Promise<T>,
  ): Promise<T> {
    const { log, random } = this.options;
    for (let attempt = 0;; attempt++) {
      signal.throwIfAborted();
      try {
        return await untilAborted(work(), signal);
      } catch (error) {
        if (signal.aborted) throw error;
        log.warn(complaint, { ...about, error: errorText(error) });
        await delay(backoff(attempt, { random }), signal);
      }
    }
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

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const onAbort = () => stopped.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    work.catch(() => {});
    stopped.promise.catch(() => {});
  }
}
