import { Buffer } from "node:buffer";
import type { Producer } from "kafkajs";
import { seededRandom } from "../../src/finnhub/random.ts";
import { encodeMessage } from "../../src/market/message.ts";
import type { Trade } from "../../src/market/trade.ts";
import type { Pipeline } from "./pipeline.ts";

export interface TradeStreamOptions {
  symbols: number;
  /** Messages a second over all symbols. */
  messagesPerSecond: number;
  tradesPerMessage: number;
  seed: number;
  /** How late each trade is, milliseconds. Default: up to 3 seconds. */
  lateness?: (random: () => number) => number;
  /** Milliseconds of event time that pass in one of wall time. Default 1. */
  pace?: number;
}

const BATCH_MS = 50;

/** Writes a steady stream of known trades to a pipeline's topic, as a producer would, until stopped. */
export class TradeStream implements AsyncDisposable {
  /** What is acknowledged by Kafka, in stream order within each symbol. */
  readonly sent: Trade[] = [];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  private constructor(
    readonly pipeline: Pipeline,
    readonly producer: Producer,
    readonly options: TradeStreamOptions,
  ) {
    this.#running = this.#run();
    this.#running.catch(() => {});
  }

  static async start(pipeline: Pipeline, options: TradeStreamOptions): Promise<TradeStream> {
    const { Partitioners } = await import("kafkajs");
    const producer = pipeline.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: Number.MAX_SAFE_INTEGER },
    });
    await producer.connect();
    return new TradeStream(pipeline, producer, options);
  }

  /** Ends the stream; rejects when it broke off before. */
  async stop(): Promise<readonly Trade[]> {
    this.#stop.abort();
    await this.#running;
    return this.sent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running.catch(() => {});
    await this.producer.disconnect();
  }

  async #run(): Promise<void> {
    const {
      lateness = (random) => random() * 3000,
      messagesPerSecond,
      pace = 1,
      seed,
      symbols,
      tradesPerMessage,
    } = this.options;
    const random = seededRandom(seed);
    const started = Date.now();
    let made = 0;
    while (!this.#stop.signal.aborted) {
      const elapsed = Date.now() - started;
      const due = Math.floor(elapsed * messagesPerSecond / 1000) - made;
      const batch = Array.from({ length: due }, () => {
        const symbol = `S${made++ % symbols}`;
        return Array.from({ length: tradesPerMessage }, (): Trade => ({
          symbol,
          price: Math.round(10_000 + random() * 1000) / 100,
          volume: random() < 0.05 ? 0 : Math.round(random() * 1000) / 100,
          time: Math.floor(started + elapsed * pace - lateness(random)),
          conditions: [],
        }));
      });
      if (batch.length > 0) {
        const messages = batch.map((trades) => ({
          key: trades[0]!.symbol,
          value: Buffer.from(encodeMessage(trades)),
        }));
        await this.producer.send({ topic: this.pipeline.topic, messages });
        this.sent.push(...batch.flat());
      }
      await new Promise((resolve) => setTimeout(resolve, BATCH_MS));
    }
  }
}
