/**
 * `make bench`: throughput, start, memory, CPU and latency of the compiled processor on fresh servers, beside what bounds
 * it, in one run. Writes tests/output/bench.json and tests/bench/result.svg.
 *
 * BENCH_TRADES: trades of the preloaded topic (default 500,000). BENCH_PEER: a command that runs another processor on a topic
 * and tables of the same make, found by the same environment variables.
 */
import { Pipeline } from "../e2e/pipeline.ts";
import { progressOnStderr, startServices } from "../services/mod.ts";
import { bareRead, bareWrite } from "./bounds.ts";
import { drain } from "./drain.ts";
import { measureLatency } from "./latency.ts";
import { type Load, preload } from "./load.ts";
import { drainByPeer } from "./peer.ts";
import { type BenchResult, plot, report } from "./report.ts";

const PARTITIONS = 4;
const BATCH_ROWS = 400;
const HOUR = 3_600_000;
const RATES = [100, 1000, 10_000];

const load: Load = { trades: Number(Deno.env.get("BENCH_TRADES") ?? "500000"), partitions: PARTITIONS };
const start = Date.now() - HOUR;
const say = progressOnStderr();

await using services = await startServices({ jvm: "server", progress: say });
const fresh = (name: string) => Pipeline.setUp(services, name, { KAFKA_PARTITIONS: String(PARTITIONS) });

async function preloaded(name: string): Promise<Pipeline> {
  const pipeline = await fresh(name);
  await preload(pipeline, load, start);
  return pipeline;
}

async function writeAlone(): Promise<number> {
  await using pipeline = await fresh("bare");
  return await bareWrite(pipeline, load, start, BATCH_ROWS);
}

say("warming the servers up: their JVMs compile what is used, by each of the two");
await writeAlone();
{
  await using pipeline = await preloaded("warm-up");
  await drain(pipeline, load.trades, start);
}
const result: BenchResult = {
  trades: load.trades,
  bareReadPerSecond: 0,
  bareWritePerSecond: [],
  drains: [],
  latencies: [],
};
result.bareWritePerSecond.push(await writeAlone());
for (const processors of [1, 1, 1, 2]) {
  await using pipeline = await preloaded("bench");
  if (result.bareReadPerSecond === 0) result.bareReadPerSecond = await bareRead(pipeline, load);
  say(`${processors} processor(s) drain ${load.trades} trades`);
  result.drains.push({ processors, ...await drain(pipeline, load.trades, start, [], processors) });
  say("the driver alone writes the same rows in the same batches");
  result.bareWritePerSecond.push(await writeAlone());
}
for (const rate of RATES) {
  await using pipeline = await fresh("latency");
  say(`latency at ${rate} trades/s`);
  result.latencies.push(await measureLatency(pipeline, rate));
}
const peer = Deno.env.get("BENCH_PEER");
if (peer) {
  await using pipeline = await preloaded("peer");
  say("the peer drains the same trades");
  result.peer = await drainByPeer(pipeline, peer, load.trades, start);
}

console.log(report(result).join("\n"));
await Deno.mkdir("tests/output", { recursive: true });
await Deno.writeTextFile("tests/output/bench.json", `${JSON.stringify(result, null, 2)}\n`);
await Deno.writeTextFile("tests/bench/result.svg", plot(result));
say("written: tests/output/bench.json, tests/bench/result.svg");
await services.stop();
Deno.exit(0);
