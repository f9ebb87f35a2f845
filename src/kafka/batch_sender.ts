import { Buffer } from "node:buffer";
import { type Kafka, Partitioners, type Producer } from "kafkajs";
import type { OutgoingMessage } from "../publishing/outgoing_message.ts";
import { errorText, type Logger } from "../telemetry/log.ts";
import { backoff, delay } from "../wait.ts";

export interface BatchSenderOptions {
  kafka: Kafka;
  log: Logger;
  random: () => number;
}

type KafkaMessage = Parameters<Producer["send"]>[0]["messages"][number];

/**
 * Sends batches with acks=all through an idempotent producer, one at a time (with more in flight kafkajs can break the
 * sequence), each repeated until the brokers have it.
 *
 * When a partition's leader moves while a batch is sent, to a broker that has acknowledged its own part, kafkajs 2.2.4 never sends
 * the moved part and reports success (kafkajs issue 1303). So what is acknowledged is compared with what was sent.
 */
export class BatchSender {
  readonly #producer: Producer;
  /** Where kafkajs puts each message, noted as it decides. */
  readonly #partitions = new WeakMap<KafkaMessage, number>();
  #connected = false;

  constructor(readonly options: BatchSenderOptions) {
    this.#producer = options.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: () => {
        const partitionOf = Partitioners.DefaultPartitioner();
        return (choice) => {
          const partition = partitionOf(choice);
          this.#partitions.set(choice.message, partition);
          return partition;
        };
      },
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
    const { log, random } = this.options;
    for (let attempt = 0; !this.#connected; attempt++) {
      signal.throwIfAborted();
      try {
        await this.#producer.connect();
        this.#connected = true;
      } catch (error) {
        log.warn("Kafka is not reached, trying again", { error: errorText(error) });
        await delay(backoff(attempt, { random }), signal);
      }
    }
  }

  /** Resolves when all messages are acknowledged; rejects only when the signal is aborted. */
  async send(topic: string, messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<void> {
    const { log, random } = this.options;
    let rest = messages.map(kafkaMessage);
    for (let attempt = 0; rest.length > 0; attempt++) {
      signal.throwIfAborted();
      try {
        await this.connect(signal);
        const sending = this.#producer.send({ topic, messages: rest, acks: -1, timeout: 30_000 });
        const acknowledged = new Set((await untilAborted(sending, signal)).map(({ partition }) => partition));
        rest = rest.filter((message) => !acknowledged.has(this.#partitions.get(message) ?? -1));
        if (rest.length > 0) {
          log.info("a partition moved while it was written to; its part is sent again", { topic });
        }
      } catch (error) {
        if (signal.aborted) throw error;
        log.warn("Kafka does not take messages, trying again", { topic, error: errorText(error) });
        await delay(backoff(attempt, { random }), signal);
      }
    }
  }

  async close(): Promise<void> {
    await this.#producer.disconnect();
  }
}

function kafkaMessage({ headers, key, timestamp, value }: OutgoingMessage): KafkaMessage {
  return {
    key,
    // kafkajs writes the length of a Buffer and of nothing else right.
    value: value === null ? null : Buffer.from(value.buffer, value.byteOffset, value.length),
    ...(headers === undefined ? {} : { headers }),
    ...(timestamp === undefined ? {} : { timestamp: String(timestamp) }),
  };
}

/** kafkajs cannot be told to stop repeating, so the wait for it is what ends. */
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
