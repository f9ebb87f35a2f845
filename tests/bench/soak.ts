/**
 * `make soak`: the whole pipeline at a steady rate for a long time. Fails when resident memory grows or a warning is logged.
 * SOAK_MINUTES: how long (default 30). SOAK_RATE: trades a second (default 1,000).
 */
import { Pipeline } from "../e2e/pipeline.ts";
import type { RunningRole } from "../e2e/role.ts";
import { progressOnStderr, startServices } from "../services/mod.ts";
import { usage } from "./process.ts";

const MINUTES = Number(Deno.env.get("SOAK_MINUTES") ?? "30");
const RATE = Deno.env.get("SOAK_RATE") ?? "1000";
const SAMPLE_MS = 5000;
/** Growth that counts as flat, MiB an hour: what a garbage collector's mood may look like over half an hour. */
const FLAT_MIB_PER_HOUR = 20;
/** Part of the time, at the start, in which code and caches become warm. */
const WARM_UP = 0.2;

const say = progressOnStderr();
await using services = await startServices({ jvm: "server", progress: say });
await using pipeline = await Pipeline.setUp(services, "soak");
const symbols = "A,B,C,D,E,F,G,H";
const simulator = await pipeline.simulator(["--symbols", symbols, "--rate", RATE]);
const processor = pipeline.start("processor");
const producer = pipeline.start("producer", ["--tickers", symbols], simulator.env);
await processor.says(/partitions assigned/);
await producer.says(/feed connected/);

const samples = new Map<RunningRole, [hours: number, mib: number][]>([[processor, []], [producer, []]]);
const started = performance.now();
for (let next = 1; performance.now() - started < MINUTES * 60_000; next++) {
  await new Promise((resolve) => setTimeout(resolve, next * SAMPLE_MS - (performance.now() - started)));
  const hours = (performance.now() - started) / 3_600_000;
  for (const [role, list] of samples) list.push([hours, (await usage(role.pid)).residentMiB]);
  if (next % 12 === 0) {
    const stored = await processor.metric("finnhub_pipe_processor_trades_out_total");
    const sizes = [...samples].map(([{ name }, list]) => `${name} ${Math.round(list.at(-1)![1])} MiB`);
    say(`${Math.round(hours * 60)} min: ${stored} trades stored, ${sizes.join(", ")}`);
  }
}
let failed = false;
for (const [role, list] of samples) {
  const warm = list.slice(Math.floor(list.length * WARM_UP));
  const perHour = slope(warm);
  const warnings = role.stderr.split("\\n").filter((line) => /"level":"(warn|error)"/.test(line));
  const peak = Math.max(...warm.map(([, mib]) => mib));
  console.log(
    `${role.name}: ${perHour.toFixed(1)} MiB an hour, at most ${
      Math.round(peak)
    } MiB, ${warnings.length} warnings`,
  );
  for (const line of warnings.slice(0, 10)) console.log(`  ${line}`);
  failed ||= perHour > FLAT_MIB_PER_HOUR || warnings.length > 0;
}
for (const role of [producer, processor, simulator.role]) await role.stop();
await services.stop();
console.log(failed ? "soak failed" : "soak passed");
Deno.exit(failed ? 1 : 0);

/** Slope of a least-squares line. */
function slope(points: readonly [x: number, y: number][]): number {
  const mean = (pick: 0 | 1) => points.reduce((sum, point) => sum + point[pick], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const covariance = points.reduce((sum, [px, py]) => sum + (px - x) * (py - y), 0);
  return covariance / points.reduce((sum, [px]) => sum + (px - x) ** 2, 0);
}
