import { hourOf } from "../../src/market/series.ts";
import type { Pipeline } from "../e2e/pipeline.ts";
import { until } from "../services/mod.ts";
import { type Contestant, type Running, start } from "./contestants.ts";
import { lastTimes, type Load, SYMBOLS } from "./load.ts";
import { usage } from "./process.ts";

export interface Drain {
  /** From the start of the process to the first row that an independent reader sees, seconds. */
  firstRowSeconds: number;
  /** From the first row to all rows. */
  rowsPerSecond: number;
  cpuSeconds: number;
  peakMiB: number;
}

const HOUR = 3_600_000;
const WAIT = { deadline: 900_000, interval: 20 };

export interface DrainOptions {
  /** Default 1. */
  processes?: number;
  env?: Readonly<Record<string, string>>;
  /** Waited for when all rows are there, before the processes are stopped. */
  atEnd?: (running: readonly Running[]) => Promise<void>;
}

/**
 * Starts a contestant on a preloaded topic and measures until an independent reader sees every row. Counting rows is heavy
 * work for the server that both share: until the newest rows are there, only those are looked at.
 *
 * @param firstTime time of the first trade, milliseconds
 */
export async function drain(
  pipeline: Pipeline,
  contestant: Contestant,
  load: Load,
  firstTime: number,
  { atEnd, env = {}, processes = 1 }: DrainOptions = {},
): Promise<Drain> {
  const began = performance.now();
  const running = Array.from({ length: processes }, () => start(contestant, pipeline.env, env));
  try {
    await until(`${contestant.name}'s first row`, async () => {
      const found = await Promise.all(SYMBOLS.map((symbol) => newest(pipeline, symbol, firstTime)));
      return found.some((time) => time !== undefined) || "none";
    }, WAIT);
    const first = performance.now();
    const times = lastTimes(load.trades, firstTime);
    await until(`${contestant.name}'s newest rows`, async () => {
      const found = await Promise.all(times.map(({ symbol, time }) => newest(pipeline, symbol, time)));
      return found.every((time, i) => time === times[i]!.time) || "not all";
    }, WAIT);
    let last = performance.now();
    await until(`${load.trades} rows of ${contestant.name}`, async () => {
      const count = await rows(pipeline, firstTime);
      if (count >= load.trades) return true;
      last = performance.now();
      return `${count}`;
    }, WAIT);
    const used = await Promise.all(running.map(({ pid }) => usage(pid)));
    await atEnd?.(running);
    return {
      firstRowSeconds: (first - began) / 1000,
      rowsPerSecond: load.trades / ((last - first) / 1000),
      cpuSeconds: used.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
      peakMiB: used.reduce((sum, { peakMiB }) => sum + peakMiB, 0),
    };
  } finally {
    await Promise.all(running.map((process) => process.stop()));
  }
}

/** Time of the newest row of a symbol in the hour of `time`, milliseconds. */
async function newest({ session }: Pipeline, symbol: string, time: number): Promise<number | undefined> {
  const query = "SELECT trade_timestamp FROM trades WHERE symbol = ? AND hour = ? LIMIT 1";
  const { rows } = await session.execute(query, [symbol, new Date(hourOf(time))], { prepare: true });
  return (rows[0]?.get(0) as Date | undefined)?.getTime();
}

async function rows({ session }: Pipeline, start: number): Promise<number> {
  const counts = SYMBOLS.flatMap((symbol) =>
    [0, 1, 2].map(async (hours) => {
      const hour = new Date(hourOf(start) + hours * HOUR);
      const query = "SELECT COUNT(*) FROM trades WHERE symbol = ? AND hour = ?";
      const result = await session.execute(query, [symbol, hour], { prepare: true, readTimeout: 60_000 });
      return Number(result.rows[0]!.get(0));
    })
  );
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}
