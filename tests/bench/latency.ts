import { hourOf } from "../../src/market/series.ts";
import type { Pipeline } from "../e2e/pipeline.ts";
import { until } from "../services/mod.ts";
import { TRADES_PER_MESSAGE } from "./load.ts";
import { usage } from "./process.ts";
import type { SenderEvent, SenderOrder } from "./sender.ts";

export interface Latency {
  tradesPerSecond: number;
  samples: number;
  /** Milliseconds from the producer's send to the row that an independent reader sees. */
  p50: number;
  p90: number;
  p99: number;
  max: number;
  peakMiB: number;
}

const SECONDS = 25;
/** The first seconds are for the processor's code to become warm. */
const WARM_UP_MS = 5000;
const SAMPLES_PER_SECOND = 40;

/** Runs a processor at a steady rate and times a part of the messages. */
export async function measureLatency(pipeline: Pipeline, tradesPerSecond: number): Promise<Latency> {
  const processor = pipeline.start("processor");
  await until("the processor to be ready", async () => {
    const { status, text } = await processor.readiness();
    return status === 200 ? true : text;
  });
  const messagesPerSecond = tradesPerSecond / TRADES_PER_MESSAGE;
  const order: SenderOrder = {
    brokers: pipeline.env.KAFKA_SERVER!.split(","),
    topic: pipeline.topic,
    messagesPerSecond,
    seconds: SECONDS,
    every: Math.max(1, Math.round(messagesPerSecond / SAMPLES_PER_SECOND)),
  };
  const latencies: number[] = [];
  const polls: Promise<void>[] = [];
  const worker = new Worker(new URL("sender.ts", import.meta.url), { type: "module" });
  const done = Promise.withResolvers<void>();
  const began = performance.timeOrigin + performance.now();
  worker.onmessage = ({ data }: MessageEvent<SenderEvent | "done">) => {
    if (data === "done") return done.resolve();
    polls.push(
      readable(pipeline, data).then((at) => {
        if (data.sentAt - began > WARM_UP_MS) latencies.push(at - data.sentAt);
      }),
    );
  };
  worker.onerror = (event) => done.reject(new Error(event.message));
  worker.postMessage(order);
  await done.promise;
  await Promise.all(polls);
  worker.terminate();
  const { peakMiB } = await usage(processor.pid);
  await processor.stop();
  latencies.sort((a, b) => a - b);
  const quantile = (q: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(q * latencies.length))]!;
  return {
    tradesPerSecond,
    samples: latencies.length,
    p50: quantile(0.5),
    p90: quantile(0.9),
    p99: quantile(0.99),
    max: latencies.at(-1)!,
    peakMiB,
  };
}

/** Asks for a row until it is there; the moment of the answer that had it. */
async function readable({ session }: Pipeline, { symbol, time }: SenderEvent): Promise<number> {
  const query = "SELECT uuid FROM trades WHERE symbol = ? AND hour = ? AND trade_timestamp = ?";
  const params = [symbol, new Date(hourOf(time)), new Date(time)];
  for (;;) {
    const { rowLength } = await session.execute(query, params, { prepare: true });
    if (rowLength > 0) return performance.timeOrigin + performance.now();
  }
}
