/**
 * A worker that sends messages at a steady rate, on an event loop of its own. Posts, just before it sends a message that is to be
 * timed, which one and when.
 */
import { Buffer } from "node:buffer";
import { Kafka, logLevel } from "kafkajs";
import { stopIdlePolling } from "../../src/kafka/fixes/request_queue.ts";
import { encodeMessage } from "../../src/market/message.ts";
import { SYMBOLS, TRADES_PER_MESSAGE } from "./load.ts";

export interface SenderOrder {
  brokers: string[];
  topic: string;
  messagesPerSecond: number;
  seconds: number;
  /** Every n-th message is timed. */
  every: number;
}

/** A message that is being sent: its symbol, the time of its first trade, and the moment, in epoch milliseconds. */
export interface SenderEvent {
  symbol: string;
  time: number;
  sentAt: number;
}

const worker = self as unknown as {
  onmessage: (event: MessageEvent<SenderOrder>) => void;
  postMessage(message: SenderEvent | "done"): void;
};

worker.onmessage = async ({ data: order }) => {
  stopIdlePolling();
  const kafka = new Kafka({ brokers: order.brokers, logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const started = performance.now();
  const total = order.messagesPerSecond * order.seconds;
  let made = 0;
  while (made < total) {
    const due = Math.min(total, Math.ceil((performance.now() - started) / 1000 * order.messagesPerSecond));
    const messages: { key: string; partition: number; value: Buffer }[] = [];
    for (; made < due; made++) {
      const symbol = SYMBOLS[made % SYMBOLS.length]!;
      // Times are apart by more than a message's trades, so that one time is one message.
      const time = Math.floor(performance.timeOrigin + started) + made * TRADES_PER_MESSAGE;
      const trades = Array.from(
        { length: TRADES_PER_MESSAGE },
        (_, i) => ({ symbol, price: 100 + made % 7, volume: 1, time: time + i, conditions: [] }),
      );
      messages.push({
        key: symbol,
        partition: made % SYMBOLS.length,
        value: Buffer.from(encodeMessage(trades)),
      });
      if (made % order.every === 0) {
        worker.postMessage({ symbol, time, sentAt: performance.timeOrigin + performance.now() });
      }
    }
    if (messages.length > 0) await producer.send({ topic: order.topic, messages });
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await producer.disconnect();
  worker.postMessage("done");
};
