import type { SeriesKey, TradeStore, WindowRow } from "../ports.ts";
import type { ProcessorMetrics } from "../processor_metrics.ts";
import type { WriteQueue } from "../write_queue.ts";

export interface WindowWriteOptions {
  store: Pick<TradeStore, "writeWindows">;
  queue: WriteQueue;
  metrics: ProcessorMetrics;
  /** Most rows in one write. */
  batchRows: number;
}

type Rows = Iterable<readonly [SeriesKey, readonly WindowRow[]]>;
type Write = () => Promise<void>;

/** Writes of the rows of some series, each to be begun by a call; in any order. */
export const writesOfWindows = (groups: Rows, options: WindowWriteOptions): Write[] =>
  [...groups].flatMap(([series, rows]) => partsOf(series, rows, options));

/** The same, each series one row after the other: a row is there only when all those before it are. */
export const writesOfBars = (groups: Rows, options: WindowWriteOptions): Write[] =>
  [...groups].map(([series, rows]) => async () => {
    for (const write of partsOf(series, rows, options)) await write();
  });

function partsOf(
  series: SeriesKey,
  rows: readonly WindowRow[],
  { batchRows, metrics, queue, store }: WindowWriteOptions,
): Write[] {
  return Array.from({ length: Math.ceil(rows.length / batchRows) }, (_, i) => async () => {
    const part = rows.slice(i * batchRows, (i + 1) * batchRows);
    await queue.add(part.length, () => store.writeWindows(series, part));
    metrics.windowsOut.add(part.length);
  });
}
