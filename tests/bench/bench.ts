/**
 * `make bench`: throughput, start, memory, CPU and latency of the compiled processor and of its peers on fresh servers, beside
 * what bounds them, in one run and in turn. Writes tests/output/bench.json and tests/bench/result.svg.
 *
 * BENCH_TRADES: trades of the preloaded topic (default 500,000). BENCH_ROUNDS: how often each drains them (default 3).
 * BENCH_PEERS: `false` measures ours alone. BENCH_PEER: a command that runs another processor on a topic and tables of the same
 * make, found by the same environment variables.
 */
import { Pipeline } from "../e2e/pipeline.ts";
import { runToEnd } from "../e2e/role.ts";
import { progressOnStderr, startServices } from "../services/mod.ts";
import { bareRead, bareWrite } from "./bounds.ts";
import { type Contestant, OURS, peers } from "./contestants.ts";
import { drain } from "./drain.ts";
import { measureLatency, summary } from "./latency.ts";
import { type Load, preload } from "./load.ts";
import { plot } from "./plot.ts";
import { quiet } from "./quiet.ts";
import { type BenchResult, report } from "./report.ts";

const PARTITIONS = 4;
const BATCH_ROWS = 400;
const HOUR = 3_600_000;
const RATES = [100, 1000, 10_000];

const setting = (name: string, preset: string) => Deno.env.get(name) ?? preset;
const load: Load = { trades: Number(setting("BENCH_TRADES", "500000")), partitions: PARTITIONS };
const rounds = Number(setting("BENCH_ROUNDS", "3"));
const command = setting("BENCH_PEER", "");
const start = Date.now() - HOUR;
const say = progressOnStderr();

const contestants: Contestant[] = [
  OURS,
  ...(setting("BENCH_PEERS", "true") === "true" ? await peers(say) : []),
  ...(command === "" ? [] : [{ name: command, command: ["sh", "-c", `exec ${command}`] }]),
];
await using services = await startServices({ jvm: "server", progress: say });
const result: BenchResult = {
  trades: load.trades,
  bareReadPerSecond: 0,
  bareWritePerSecond: [],
  entries: contestants.map(({ lines, name }) => ({
    name,
    ...(lines !== undefined && { lines }),
    drains: [],
    latencies: [],
  })),
  quiet: true,
};

const fresh = (name: string) => Pipeline.setUp(services, name, { KAFKA_PARTITIONS: String(PARTITIONS) });
const untilQuiet = async () => {
  if (!await quiet()) result.quiet = false;
};

async function preloaded(name: string): Promise<Pipeline> {
  const pipeline = await fresh(name);
  await preload(pipeline, load, start);
  await untilQuiet();
  return pipeline;
}

async function writeAlone(): Promise<void> {
  await using pipeline = await fresh("bare");
  await untilQuiet();
  result.bareWritePerSecond.push(await bareWrite(pipeline, load, start, BATCH_ROWS));
}

say("warming the servers up: their JVMs compile what is used, by each of the contestants");
await writeAlone();
for (const contestant of contestants) {
  await using pipeline = await preloaded("warm-up");
  await drain(pipeline, contestant, load, start, { env: contestant.warmUp ?? {} });
  say(`${contestant.name}: its windows are compared with its trades`);
  const from = new Date(start).toISOString();
  const check = ["backfill", "--check", "--settle", "0s", "--from", from];
  const { code, stdout } = await runToEnd(check, pipeline.env);
  if (code !== 0) throw new Error(`${contestant.name} does not write what the others do: ${stdout}`);
}
result.bareWritePerSecond = [];
await writeAlone();
for (let round = 0; round < rounds; round++) {
  // Each begins as often as the others.
  const order = contestants.map((_, i) => (i + round) % contestants.length);
  for (const i of order) {
    await using pipeline = await preloaded("bench");
    if (result.bareReadPerSecond === 0) result.bareReadPerSecond = await bareRead(pipeline, load);
    say(`round ${round + 1}: ${contestants[i]!.name} drains ${load.trades} trades`);
    result.entries[i]!.drains.push(await drain(pipeline, contestants[i]!, load, start));
  }
  say("the driver alone writes the same rows in the same batches");
  await writeAlone();
}
{
  await using pipeline = await preloaded("two");
  say("two processors of ours drain them");
  result.two = await drain(pipeline, OURS, load, start, { processes: 2 });
}
for (const rate of RATES) {
  for (const [i, contestant] of contestants.entries()) {
    await using pipeline = await fresh("latency");
    await untilQuiet();
    say(`latency of ${contestant.name} at ${rate} trades/s`);
    result.entries[i]!.latencies.push(summary(rate, await measureLatency(pipeline, contestant, rate)));
  }
}

console.log(report(result).join("\n"));
await Deno.mkdir("tests/output", { recursive: true });
await Deno.writeTextFile("tests/output/bench.json", `${JSON.stringify(result, null, 2)}\n`);
await Deno.writeTextFile("tests/bench/result.svg", plot(result));
say("written: tests/output/bench.json, tests/bench/result.svg");
await services.stop();
Deno.exit(0);
