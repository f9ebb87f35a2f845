import type { RunningRole } from "../e2e/role.ts";
import type { Pipeline } from "../e2e/pipeline.ts";
import { until } from "../services/mod.ts";
import { hourOf } from "../../src/market/series.ts";
import { SYMBOLS } from "./load.ts";
import { usage } from "./process.ts";

export interface Drain {
  /** From the start of the process to the first row that an independent reader sees, seconds. */
  firstRowSeconds: number;
  /** From the first row to all rows. */
  rowsPerSecond: number;
  cpuSeconds: number;
  peakMiB: number;
}

/** Starts processors on a preloaded topic and measures until every trade is acknowledged. */
export async function drain(
  pipeline: Pipeline,
  trades: number,
  firstHour: number,
  args: readonly string[] = [],
  processors = 1,
): Promise<Drain> {
  const started = performance.now();
  const running = Array.from({ length: processors }, () => pipeline.start("processor", [...args]));
  const options = { interval: 5, deadline: 120_000 };
  await until("the first row", async () => await anyRow(pipeline, firstHour) ? true : "none", options);
  const first = performance.now();
  await until(`${trades} rows`, async () => {
    const rows = await total(running);
    return rows >= trades ? true : `${rows}`;
  }, { ...options, interval: 20 });
  const last = performance.now();
  await pipeline.drained();
  const used = await Promise.all(running.map(({ pid }) => usage(pid)));
  for (const role of running) await role.stop();
  return {
    firstRowSeconds: (first - started) / 1000,
    rowsPerSecond: trades / ((last - first) / 1000),
    cpuSeconds: used.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    peakMiB: Math.max(...used.map(({ peakMiB }) => peakMiB)),
  };
}

async function total(running: readonly RunningRole[]): Promise<number> {
  const rows = await Promise.all(
    running.map((role) => role.metric("finnhub_pipe_processor_trades_out_total").catch(() => 0)),
  );
  return rows.reduce((sum, count) => sum + count, 0);
}

async function anyRow(pipeline: Pipeline, time: number): Promise<boolean> {
  const found = await Promise.all(SYMBOLS.map((symbol) =>
    pipeline.session.execute(
      "SELECT uuid FROM trades WHERE symbol = ? AND hour = ? LIMIT 1",
      [symbol, new Date(hourOf(time))],
      { prepare: true },
    )
  ));
  return found.some(({ rowLength }) => rowLength > 0);
}
