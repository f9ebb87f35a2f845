import type { DeadLetter, DeadLetterOffice } from "../processing/ports.ts";
import type { OutgoingMessage } from "../publishing/outgoing_message.ts";
import type { BatchSender } from "./batch_sender.ts";
import { deadLetterTopic } from "./topics.ts";

export interface KafkaDeadLettersOptions {
  sender: BatchSender;
  /** Topic that the letters come from. */
  topic: string;
  /** Milliseconds since the epoch. */
  now: () => number;
  signal: AbortSignal;
}

/** Puts dead letters into the topic's `.dlq`: the value untouched, the story in headers. Letters waiting go together. */
export class KafkaDeadLetters implements DeadLetterOffice {
  #waiting: { message: OutgoingMessage; done(): void; failed(error: unknown): void }[] = [];
  #sending = false;

  constructor(readonly options: KafkaDeadLettersOptions) {}

  send({ badTrades, error, message, partition }: DeadLetter): Promise<void> {
    const { now, topic } = this.options;
    const headers = {
      "source-topic": topic,
      "source-partition": String(partition),
      "source-offset": String(message.offset),
      "error": error,
      "time": new Date(now()).toISOString(),
      ...(badTrades === undefined ? {} : { "bad-trades": badTrades.join(",") }),
    };
    return new Promise((done, failed) => {
      this.#waiting.push({ message: { key: null, value: message.value, headers }, done, failed });
      if (!this.#sending) this.#sendAll();
    });
  }

  async #sendAll(): Promise<void> {
    const { sender, signal, topic } = this.options;
    this.#sending = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, 500);
      try {
        await sender.send(deadLetterTopic(topic), batch.map(({ message }) => message), signal);
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.#sending = false;
  }
}
