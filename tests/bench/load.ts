import { Buffer } from "node:buffer";
import { seededRandom } from "../../src/finnhub/random.ts";
import { encodeMessage } from "../../src/market/message.ts";
import type { Trade } from "../../src/market/trade.ts";
import type { Pipeline } from "../e2e/pipeline.ts";

export const SYMBOLS = ["S0", "S1", "S2", "S3"];
export const TRADES_PER_MESSAGE = 5;
/** Event time between two messages of the preloaded topic, milliseconds: 500,000 trades are about 17 minutes. */
const MESSAGE_MS = 10;

export interface Load {
  trades: number;
  /** Partition of each symbol, so that the load is spread evenly over them. */
  partitions: number;
}

/** Makes the messages of the preloaded topic, the same at every run but for their time. */
export function* messages({ trades }: Load, start: number): Generator<{ symbol: string; trades: Trade[] }> {
  const random = seededRandom(42);
  for (let message = 0; message * TRADES_PER_MESSAGE < trades; message++) {
    const symbol = SYMBOLS[message % SYMBOLS.length]!;
    yield {
      symbol,
      trades: Array.from({ length: TRADES_PER_MESSAGE }, (_, i) => ({
        symbol,
        price: Math.round(10_000 + random() * 1000) / 100,
        volume: Math.round(random() * 1000) / 100,
        time: start + Math.floor(message * MESSAGE_MS) + i,
        conditions: [],
      })),
    };
  }
}

/** Time of the last trade of each symbol, milliseconds. */
export function lastTimes(trades: number, start: number): { symbol: string; time: number }[] {
  const messages = Math.ceil(trades / TRADES_PER_MESSAGE);
  return SYMBOLS.map((symbol, i) => {
    const message = messages - 1 - (messages - 1 - i + SYMBOLS.length) % SYMBOLS.length;
    return { symbol, time: start + message * MESSAGE_MS + TRADES_PER_MESSAGE - 1 };
  });
}

/** Fills the topic; symbol i goes to partition i modulo their number. */
export async function preload(pipeline: Pipeline, load: Load, start: number): Promise<void> {
  const producer = pipeline.kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  let batch: { key: string; partition: number; value: Buffer }[] = [];
  const flush = async () => {
    await producer.send({ topic: pipeline.topic, messages: batch });
    batch = [];
  };
  for (const { symbol, trades } of messages(load, start)) {
    const partition = SYMBOLS.indexOf(symbol) % load.partitions;
    batch.push({ key: symbol, partition, value: Buffer.from(encodeMessage(trades)) });
    if (batch.length === 2000) await flush();
  }
  if (batch.length > 0) await flush();
  await producer.disconnect();
}
