import type { Position } from "../market/position.ts";
import type { SeriesKey, TradeStore } from "./ports.ts";
import type { ProcessorMetrics } from "./processor_metrics.ts";
import type { Seeds } from "./windows/seeds.ts";
import type { MissingRead, WindowState } from "./window_state.ts";
import type { WriteQueue } from "./write_queue.ts";

/** Windows asked for in one read. */
const KEYS_PER_READ = 100;

/** A row that another partition wrote. */
export interface ForeignRow {
  symbol: string;
  partition: number;
  complete: Position;
}

/**
 * Reads back what a trade needs and memory lacks: after a restart, after a rebalance, and for a trade so late that its
 * window was forgotten. Resolves to what others wrote. Goes through the write queue for its bound and its patience with a store that is away.
 */
export async function readMissing(
  missing: readonly MissingRead[],
  store: TradeStore,
  windows: WindowState,
  queue: WriteQueue,
  metrics: ProcessorMetrics,
  partition: number,
  seeds?: Seeds,
): Promise<ForeignRow[]> {
  const foreign: ForeignRow[] = [];
  const newest = new Set<SeriesKey>();
  const keys = new Map<SeriesKey, Set<number>>();
  for (const read of missing) {
    if (read.newest) newest.add(read.series);
    else {
      const known = keys.get(read.series);
      if (known) known.add(read.key);
      else keys.set(read.series, new Set([read.key]));
    }
  }
  const reads: Promise<void>[] = [];
  for (const series of newest) {
    reads.push(queue.add(0, async () => windows.learnNewest(series, await store.newestKey(series))));
  }
  for (const [series, wanted] of keys) {
    const all = [...wanted];
    for (let i = 0; i < all.length; i += KEYS_PER_READ) {
      const part = all.slice(i, i + KEYS_PER_READ);
      reads.push(queue.add(0, async () => {
        const rows = await store.readWindows(series, part);
        metrics.windowsRead.add(rows.length);
        const others = rows.filter((row) => row.partition !== partition);
        metrics.foreign.add(others.length);
        for (const { complete, partition } of others) {
          foreign.push({ symbol: series.symbol, partition, complete });
        }
        windows.learnWindows(series, part, seeds ? await seeds.mended(series, part, rows) : rows);
      }));
    }
  }
  await Promise.all(reads);
  seeds?.forget();
  return foreign;
}
