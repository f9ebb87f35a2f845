import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Kafka, Producer } from "kafkajs";
import { backoff, delay, untilAborted } from "../async/wait.ts";
import type { DeadLetter, DeadLetterOffice } from "../processing/ports.ts";
import { errorText, type Logger } from "../telemetry/log.ts";
import type { Counter, Gauge } from "../telemetry/metrics.ts";
import { Trouble } from "../telemetry/trouble.ts";
import { kafkaAnswer } from "./answers.ts";
import { cut, type LetterMessage, letterMessage, sizeOf } from "./letter_message.ts";
import { deadLetterTopic } from "./topics/topics.ts";

export interface KafkaDeadLettersOptions {
  kafka: Pick<Kafka, "producer">;
  /** Topic that the letters come from. */
  topic: string;
  log: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
  random: () => number;
  metrics: { lettersWaiting: Gauge; lettersCut: Counter; lettersLost: Counter };
  signal: AbortSignal;
}

interface Waiting {
  message: LetterMessage;
  bytes: number;
  done(): void;
  failed(error: unknown): void;
}

/** Bytes of one request: half of what a broker takes unless it is told otherwise. */
const BATCH_BYTES = 524_288;
/** Below this a request is not made smaller. */
const LEAST_BYTES = 1024;
/** Bytes that may wait before reading waits. */
const ROOM_BYTES = 8_388_608;

/**
 * Puts dead letters into the topic's `.dlq`: the value untouched, the story in headers. Letters waiting go together, as many
 * as fit; a refused request is halved, a refused letter is cut, and what was learnt holds for the next. A letter may come
 * twice: the offset that it names says so.
 */
export class KafkaDeadLetters implements DeadLetterOffice {
  readonly #trouble: Trouble;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #sending = false;
  #roomWaiters: (() => void)[] = [];
  #producer: Producer | undefined;
  #batchBytes = BATCH_BYTES;
  #batchLetters = Infinity;
  #letterBytes = Infinity;

  constructor(readonly options: KafkaDeadLettersOptions) {
    const { log, now, topic } = options;
    this.#trouble = new Trouble({ what: `${deadLetterTopic(topic)} does not take dead letters`, log, now });
  }

  get trouble(): string | undefined {
    return this.#trouble.reason;
  }

  send(letter: DeadLetter): Promise<void> {
    const { now, topic } = this.options;
    const message = letterMessage(letter, topic, now());
    const bytes = sizeOf(message);
    this.#bytes += bytes;
    return new Promise<void>((done, failed) => {
      this.#waiting.push({ message, bytes, done, failed });
      this.#tellWaiting();
      if (!this.#sending) this.#sendAll();
    });
  }

  async room(): Promise<void> {
    const { signal } = this.options;
    while (this.#bytes >= ROOM_BYTES) {
      await untilAborted(new Promise<void>((resolve) => this.#roomWaiters.push(resolve)), signal);
    }
  }

  async close(): Promise<void> {
    await this.#producer?.disconnect().catch(() => {});
  }

  async #sendAll(): Promise<void> {
    this.#sending = true;
    for (let attempt = 0; this.#waiting.length > 0;) {
      const batch = this.#nextBatch();
      try {
        await untilAborted(this.#request(batch), this.options.signal);
        this.#trouble.over();
        attempt = 0;
        this.#settle(batch);
      } catch (error) {
        if (this.options.signal.aborted) {
          for (const { failed } of this.#waiting.splice(0)) failed(error);
        } else if (!this.#smaller(batch, error)) await this.#wait(error, attempt++);
      }
    }
    this.#sending = false;
  }

  /** Those at the head that fit; one at least. */
  #nextBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const letter of this.#waiting) {
      if (count >= this.#batchLetters) break;
      bytes += Math.min(letter.bytes, this.#letterBytes);
      if (count > 0 && bytes > this.#batchBytes) break;
      count++;
    }
    return this.#waiting.slice(0, count);
  }

  async #request(batch: readonly Waiting[]): Promise<void> {
    const messages = batch.map(({ bytes, message }) => {
      const { key, headers, value } = bytes > this.#letterBytes
        ? cut(message, this.#letterBytes, hash)
        : message;
      return {
        key,
        headers,
        value: value === null ? null : Buffer.from(value.buffer, value.byteOffset, value.length),
      };
    });
    const producer = await this.#connected();
    await producer.send({ topic: deadLetterTopic(this.options.topic), messages, acks: -1, timeout: 30_000 });
  }

  async #connected(): Promise<Producer> {
    if (this.#producer) return this.#producer;
    const producer = this.options.kafka.producer({
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 1 },
    });
    await producer.connect();
    return this.#producer = producer;
  }

  /** Makes the next request smaller, where that is the answer. A letter that nothing can make fit is counted as lost. */
  #smaller(batch: readonly Waiting[], error: unknown): boolean {
    const { answer } = kafkaAnswer(error);
    if (answer !== "split" && answer !== "letter") return false;
    const bytes = batch.reduce((sum, letter) => sum + Math.min(letter.bytes, this.#letterBytes), 0);
    if (batch.length > 1 && bytes <= LEAST_BYTES) this.#batchLetters = 1;
    else if (batch.length > 1) this.#batchBytes = Math.max(LEAST_BYTES, Math.floor(bytes / 2));
    else if (answer === "split" && bytes > LEAST_BYTES) {
      this.#letterBytes = Math.max(LEAST_BYTES, Math.floor(bytes * 0.75));
    } else {
      const { message } = batch[0]!;
      const of = `${message.headers["source-partition"]}/${message.headers["source-offset"]}`;
      this.options.log.error("a dead letter is lost: its topic refuses it", { of, error: errorText(error) });
      this.options.metrics.lettersLost.add();
      this.#settle(batch);
    }
    return true;
  }

  async #wait(error: unknown, attempt: number): Promise<void> {
    const { random, signal } = this.options;
    this.#trouble.happened(error, kafkaAnswer(error).remedy);
    // Whatever its state, the next one starts fresh.
    await this.#producer?.disconnect().catch(() => {});
    this.#producer = undefined;
    await delay(backoff(attempt, { cap: 5000, random }), signal).catch(() => {});
  }

  #settle(batch: readonly Waiting[]): void {
    this.#waiting.splice(0, batch.length);
    for (const { bytes, done } of batch) {
      this.#bytes -= bytes;
      if (bytes > this.#letterBytes) this.options.metrics.lettersCut.add();
      done();
    }
    this.#tellWaiting();
    for (const resolve of this.#roomWaiters.splice(0)) resolve();
  }

  #tellWaiting(): void {
    this.options.metrics.lettersWaiting.set(this.#waiting.length);
  }
}

const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
