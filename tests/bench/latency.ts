import { hourOf } from "../../src/market/series.ts";
import type { Pipeline } from "../e2e/pipeline.ts";
import { type Contestant, start } from "./contestants.ts";
import { TRADES_PER_MESSAGE } from "./load.ts";
import type { SenderEvent, SenderOrder } from "./sender.ts";

export interface Latency {
  tradesPerSecond: number;
  samples: number;
  /** Milliseconds from the producer's send to the row that an independent reader sees. */
  p50: number;
  p90: number;
  p99: number;
  max: number;
}

/** One timed message. */
export interface Sample {
  /** Epoch milliseconds. */
  sentAt: number;
  /** Milliseconds. */
  latency: number;
}

const SECONDS = 30;
/** The first seconds are for the contestant's code to become warm. */
const WARM_UP_MS = 10_000;
const SAMPLES_PER_SECOND = 40;
/** Between two looks for a row, milliseconds: more often would cost the server much, for less than a sample tells. */
const LOOK_MS = 1;

/** Runs a contestant at a steady rate and times a part of the messages. */
export async function measureLatency(
  pipeline: Pipeline,
  contestant: Contestant,
  tradesPerSecond: number,
): Promise<Sample[]> {
  const running = start(contestant, pipeline.env);
  try {
    // Messages that are stored: it is up, has its partitions, and its connections are open.
    await timed(pipeline, { messagesPerSecond: 4, seconds: 1, every: 1 });
    const messagesPerSecond = tradesPerSecond / TRADES_PER_MESSAGE;
    const every = Math.max(1, Math.round(messagesPerSecond / SAMPLES_PER_SECOND));
    const began = performance.timeOrigin + performance.now();
    const samples = await timed(pipeline, { messagesPerSecond, seconds: SECONDS, every });
    return samples.filter(({ sentAt }) => sentAt - began > WARM_UP_MS);
  } finally {
    await running.stop();
  }
}

/** Sends messages from a thread of their own, and waits until each timed one can be read. */
async function timed(
  pipeline: Pipeline,
  load: Pick<SenderOrder, "messagesPerSecond" | "seconds" | "every">,
): Promise<Sample[]> {
  const order: SenderOrder = {
    brokers: pipeline.env.KAFKA_SERVER!.split(","),
    topic: pipeline.topic,
    ...load,
  };
  const looks: Promise<Sample>[] = [];
  const worker = new Worker(new URL("sender.ts", import.meta.url), { type: "module" });
  const done = Promise.withResolvers<void>();
  worker.onmessage = ({ data }: MessageEvent<SenderEvent | "done">) => {
    if (data === "done") return done.resolve();
    looks.push(
      readable(pipeline, data).then((at) => ({ sentAt: data.sentAt, latency: at - data.sentAt })),
    );
  };
  worker.onerror = (event) => done.reject(new Error(event.message));
  worker.postMessage(order);
  await done.promise;
  const samples = await Promise.all(looks);
  worker.terminate();
  return samples;
}

/** The quantiles of samples. */
export function summary(tradesPerSecond: number, samples: readonly Sample[]): Latency {
  const sorted = samples.map(({ latency }) => latency).sort((a, b) => a - b);
  const quantile = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
  return {
    tradesPerSecond,
    samples: sorted.length,
    p50: quantile(0.5),
    p90: quantile(0.9),
    p99: quantile(0.99),
    max: sorted.at(-1)!,
  };
}

/** Asks for a row until it is there; the moment of the answer that had it. */
async function readable({ session }: Pipeline, { symbol, time }: SenderEvent): Promise<number> {
  const query = "SELECT uuid FROM trades WHERE symbol = ? AND hour = ? AND trade_timestamp = ?";
  const params = [symbol, new Date(hourOf(time)), new Date(time)];
  for (;;) {
    const { rowLength } = await session.execute(query, params, { prepare: true });
    if (rowLength > 0) return performance.timeOrigin + performance.now();
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
