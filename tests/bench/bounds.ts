import { Buffer } from "node:buffer";
import cassandra from "cassandra-driver";
import { hourOf } from "../../src/market/series.ts";
import { positionOf } from "../../src/market/position.ts";
import { fnv1a, tradeId } from "../../src/market/trade_id.ts";
import type { Pipeline } from "../e2e/pipeline.ts";
import { until } from "../services/mod.ts";
import { type Load, messages, TRADES_PER_MESSAGE } from "./load.ts";

/** Trades a second that kafkajs alone reads of the topic, without looking into them. */
export async function bareRead(pipeline: Pipeline, { trades }: Load): Promise<number> {
  const consumer = pipeline.kafka.consumer({
    groupId: `bare-${crypto.randomUUID()}`,
    maxBytesPerPartition: 262_144,
  });
  let read = 0;
  let first = 0;
  let last = 0;
  await consumer.connect();
  await consumer.subscribe({ topic: pipeline.topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 16,
    eachBatch: ({ batch }) => {
      first ||= performance.now();
      read += batch.messages.length * TRADES_PER_MESSAGE;
      last = performance.now();
      return Promise.resolve();
    },
  });
  await until("the bare read", () => Promise.resolve(read >= trades ? true : `${read}`), { interval: 5 });
  await consumer.disconnect();
  return trades / ((last - first) / 1000);
}

const INSERT =
  "INSERT INTO trades (symbol, hour, trade_timestamp, uuid, price, volume, ingest_timestamp) VALUES (?, ?, ?, ?, ?, ?, ?)";

/** Rows a second that the driver alone writes: the same rows in the same batches, made beforehand. */
export async function bareWrite(
  pipeline: Pipeline,
  load: Load,
  start: number,
  batchRows: number,
): Promise<number> {
  const batches = rowBatches(pipeline.topic, load, start, batchRows);
  let next = 0;
  const began = performance.now();
  const writer = async () => {
    for (let batch = batches[next++]; batch; batch = batches[next++]) {
      await pipeline.session.batch(batch, { prepare: true, logged: false, isIdempotent: true });
    }
  };
  await Promise.all(Array.from({ length: 8 }, writer));
  return load.trades / ((performance.now() - began) / 1000);
}

function rowBatches(topic: string, load: Load, start: number, batchRows: number) {
  const hash = fnv1a(topic);
  const open = new Map<string, { query: string; params: unknown[] }[]>();
  const full: { query: string; params: unknown[] }[][] = [];
  let offset = 0;
  for (const { symbol, trades } of messages(load, start)) {
    offset++;
    trades.forEach(({ price, time, volume }, index) => {
      const hour = hourOf(time);
      const key = `${symbol} ${hour}`;
      const batch = open.get(key) ?? [];
      open.set(key, batch);
      const id = new cassandra.types.Uuid(Buffer.from(tradeId(hash, 0, positionOf(1, offset), index)));
      batch.push({
        query: INSERT,
        params: [symbol, new Date(hour), new Date(time), id, price, volume, new Date(start)],
      });
      if (batch.length === batchRows) {
        full.push(batch);
        open.delete(key);
      }
    });
  }
  return [...full, ...open.values()];
}
