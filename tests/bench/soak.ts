/**
 * `make soak`: the whole pipeline at a steady rate for a long time, after a day's worth of windows. Fails when memory grows or a
 * warning is logged. SOAK_MINUTES: how long after the warm-up (default 30). SOAK_RATE: trades a second (default 1,000).
 */
import type { Trade } from "../../src/market/trade.ts";
import { Pipeline } from "../e2e/pipeline.ts";
import type { RunningRole } from "../e2e/role.ts";
import { sendAll } from "../e2e/trade_stream.ts";
import { progressOnStderr, startServices } from "../services/mod.ts";
import { usage } from "./process.ts";
import { lowest, type Point, risingBy } from "./slope.ts";

const MINUTES = Number(Deno.env.get("SOAK_MINUTES") ?? "30");
const RATE = Deno.env.get("SOAK_RATE") ?? "1000";
const SAMPLE_MS = 5000;
const MAX_WINDOWS = "4000";
/** Growth that counts as flat, MiB an hour. */
const FLAT_MIB_PER_HOUR = 1;
/** Minutes before that, in which code and caches become warm. */
const WARM_UP_MINUTES = Math.min(30, MINUTES);
const DAY_MS = 86_400_000;
/** Every five seconds is the shortest window. */
const TRADE_EVERY_MS = 5000;

const say = progressOnStderr();
await using services = await startServices({ jvm: "server", progress: say });
await using pipeline = await Pipeline.setUp(services, "soak");
const symbols = ["A", "B", "C", "D", "E", "F", "G", "H"];
const simulator = await pipeline.simulator(["--symbols", symbols.join(","), "--rate", RATE]);
// Few windows in memory, so that they are forgotten and opened many times: what grows then is no cache that fills.
const processor = pipeline.start("processor", [], { PROCESSOR_MAX_WINDOWS: MAX_WINDOWS });
await processor.says(/partitions assigned/);
await sendAll(pipeline, dayOfTrades(Date.now()));
await pipeline.drained();
say(`a day's windows are stored: ${await processor.metric("finnhub_pipe_processor_window_rows_total")} rows`);
const producer = pipeline.start("producer", ["--tickers", symbols.join(",")], simulator.env);
await producer.says(/feed connected/);

/** What grows in a leak: what the process holds of the machine's memory, and what its program holds of that. MiB. */
const MEASURES: Record<string, { read(role: RunningRole): Promise<number>; part: number }> = {
  "anonymous memory": { read: async ({ pid }) => (await usage(pid)).anonymousMiB, part: 0.5 },
  // Its lows have up to a MiB of garbage in them, more than half an hour's growth that matters: it must be seen by most slopes.
  "heap": { read: async (role) => await role.metric("process_heap_bytes") / 2 ** 20, part: 0.25 },
};
const series = [processor, producer].flatMap((role) =>
  Object.entries(MEASURES).map(([measure, how]) => ({ role, measure, ...how, points: [] as Point[] }))
);
const started = performance.now();
for (let next = 1; performance.now() - started < (WARM_UP_MINUTES + MINUTES) * 60_000; next++) {
  await new Promise((resolve) => setTimeout(resolve, next * SAMPLE_MS - (performance.now() - started)));
  const hours = (performance.now() - started) / 3_600_000;
  for (const { points, read, role } of series) points.push([hours, await read(role)]);
  if (next % 12 === 0) {
    const stored = await processor.metric("finnhub_pipe_processor_trades_out_total");
    const sizes = series.map(({ points, role }) => `${role.name} ${Math.round(points.at(-1)![1])} MiB`);
    say(`${Math.round(hours * 60)} min: ${stored} trades stored, ${sizes.join(", ")}`);
  }
}
let failed = false;
for (const { measure, part, points, role } of series) {
  // What comes at the very end would be a stretch of one sample, in which no heap was collected.
  const warm = points.filter(([hours]) =>
    hours * 60 >= WARM_UP_MINUTES && hours * 60 < WARM_UP_MINUTES + MINUTES
  );
  const perHour = risingBy(warm, part);
  const peak = Math.max(...points.map(([, mib]) => mib));
  say(
    `${role.name} ${measure}, lowest of each three minutes: ${
      lowest(points).map(([, mib]) => mib.toFixed(1)).join(" ")
    }`,
  );
  console.log(`${role.name} ${measure}: ${perHour.toFixed(1)} MiB an hour, at most ${Math.round(peak)} MiB`);
  failed ||= perHour > FLAT_MIB_PER_HOUR;
}
for (const role of [processor, producer]) {
  const warnings = role.stderr.split("\n").filter((line) => /"level":"(warn|error)"/.test(line));
  console.log(`${role.name}: ${warnings.length} warnings`);
  for (const line of warnings.slice(0, 10)) console.log(`  ${line}`);
  failed ||= warnings.length > 0;
}
for (const role of [producer, processor, simulator.role]) await role.stop();
await services.stop();
console.log(failed ? "soak failed" : "soak passed");
Deno.exit(failed ? 1 : 0);

/** Messages of a minute of each symbol, with a trade in every window of the day before `now`. */
function* dayOfTrades(now: number): Generator<Trade[]> {
  for (let minute = now - DAY_MS; minute < now; minute += 60_000) {
    for (const symbol of symbols) {
      yield Array.from({ length: 60_000 / TRADE_EVERY_MS }, (_, i) => ({
        symbol,
        price: 100 + i,
        volume: 1,
        time: minute + i * TRADE_EVERY_MS,
        conditions: [],
      }));
    }
  }
}
