import { spanBucket } from "../market/following/span.ts";
import type { SpanRow, TradeStore } from "./ports.ts";
import type { ProcessorMetrics } from "./processor_metrics.ts";
import type { WriteQueue } from "./write_queue.ts";

export interface SpanWriting {
  partition: number;
  store: TradeStore;
  queue: WriteQueue;
  metrics: ProcessorMetrics;
  batchRows: number;
}

/** Begins the writes of what is told of feeds: rows of one table, symbol and month together. */
export function writeSpans(
  rows: readonly SpanRow[],
  { batchRows, metrics, queue, store }: SpanWriting,
): Promise<void>[] {
  if (rows.length === 0) return [];
  const groups = Map.groupBy(
    rows,
    ({ span: { from, kind, symbol } }) => `${kind} ${spanBucket(from)} ${symbol}`,
  );
  return [...groups.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / batchRows) }, async (_, i) => {
      const part = group.slice(i * batchRows, (i + 1) * batchRows);
      await queue.add(part.length, () => store.writeSpans(part));
      metrics.spanRows.add(part.length, { kind: part[0]!.span.kind });
    })
  );
}
