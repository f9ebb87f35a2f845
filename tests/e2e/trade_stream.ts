import type { Buffer } from "node:buffer";
import { seededRandom } from "../../src/finnhub/random.ts";
import { encodeMessage } from "../../src/market/message.ts";
import type { Trade } from "../../src/market/trade.ts";
import type { BatchSender } from "../../src/kafka/sending/batch_sender.ts";
import { silent } from "../unit/processing/fakes.ts";
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
/** A batch is finished before the stream ends: one that is cut off may have been sent or not. */
const FOREVER = new AbortController().signal;

/** Writes a steady stream of known trades to a pipeline's topic, as a producer would, until stopped. */
export class TradeStream implements AsyncDisposable {
  /** What is acknowledged by Kafka, in stream order within each symbol. */
  readonly sent: Trade[] = [];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  private constructor(
    readonly pipeline: Pipeline,
    readonly sender: BatchSender,
    readonly options: TradeStreamOptions,
  ) {
    this.#running = this.#run();
    this.#running.catch(() => {});
  }

  static async start(pipeline: Pipeline, options: TradeStreamOptions): Promise<TradeStream> {
    const { BatchSender } = await import("../../src/kafka/sending/batch_sender.ts");
    const sender = new BatchSender({ kafka: pipeline.kafka, log: silent, random: Math.random });
    await sender.connect(AbortSignal.timeout(10_000));
    return new TradeStream(pipeline, sender, options);
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
    await this.sender.close();
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
          value: encodeMessage(trades),
        }));
        await this.sender.send(this.pipeline.topic, messages, FOREVER);
        this.sent.push(...batch.flat());
      }
      await new Promise((resolve) => setTimeout(resolve, BATCH_MS));
    }
  }
}

/** Messages in one request. */
const REQUEST_MESSAGES = 2000;

/** Writes messages of known trades to a pipeline's topic as fast as it takes them. */
export async function sendAll(pipeline: Pipeline, messages: Iterable<Trade[]>): Promise<void> {
  const { BatchSender } = await import("../../src/kafka/sending/batch_sender.ts");
  const sender = new BatchSender({ kafka: pipeline.kafka, log: silent, random: Math.random });
  await sender.connect(AbortSignal.timeout(10_000));
  let batch: { key: string; value: Buffer }[] = [];
  for (const trades of messages) {
    batch.push({ key: trades[0]!.symbol, value: encodeMessage(trades) });
    if (batch.length < REQUEST_MESSAGES) continue;
    await sender.send(pipeline.topic, batch, FOREVER);
    batch = [];
  }
  if (batch.length > 0) await sender.send(pipeline.topic, batch, FOREVER);
  await sender.close();
}
