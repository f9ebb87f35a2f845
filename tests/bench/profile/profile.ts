/**
 * `make profile`: where the time of a drain goes, by stage of the processor, and how much the servers used meanwhile. Writes
 * tests/output/processor.cpuprofile, which DevTools open. BENCH_TRADES: trades of the preloaded topic (default 500,000).
 */
import { Pipeline } from "../../e2e/pipeline.ts";
import { progressOnStderr, startServices, until } from "../../services/mod.ts";
import type { Contestant, Running } from "../contestants.ts";
import { drain } from "../drain.ts";
import { type Load, preload } from "../load.ts";
import { usage } from "../process.ts";
import { type CpuProfile, stageTable, timeByStage } from "./stages.ts";

const HOUR = 3_600_000;
const FILE = `${Deno.cwd()}/tests/output/processor.cpuprofile`;

const load: Load = { trades: Number(Deno.env.get("BENCH_TRADES") ?? "500000"), partitions: 4 };
const start = Date.now() - HOUR;
const say = progressOnStderr();
const PROFILED: Contestant = {
  name: "the profiled processor",
  command: [
    Deno.execPath(),
    "run",
    "-A",
    "--no-check",
    new URL("profiled.ts", import.meta.url).pathname,
    FILE,
    "processor",
  ],
  env: { HTTP_LISTEN: "127.0.0.1:0", LOG_LEVEL: "warn" },
};

await Deno.mkdir("tests/output", { recursive: true });
await using services = await startServices({ jvm: "server", progress: say });
const cpu = async () => {
  const servers = [services.kafka, services.cassandra].flatMap(({ servers }) => servers);
  const used = servers.map(async ({ name, pid }) => [name, (await usage(pid)).cpuSeconds] as const);
  return new Map(await Promise.all(used));
};
/** Ends the profile; what it says. */
let profile: CpuProfile | undefined;
const endProfile = async ([running]: readonly Running[]) => {
  Deno.kill(running!.pid, "SIGUSR2");
  await until("the profile to be written", async () => {
    try {
      profile = JSON.parse(await Deno.readTextFile(FILE));
      return true;
    } catch {
      return "it is not whole";
    }
  });
};
const preloaded = async () => {
  const pipeline = await Pipeline.setUp(services, "profile", { KAFKA_PARTITIONS: String(load.partitions) });
  await preload(pipeline, load, start);
  return pipeline;
};
{
  say("warming the servers up");
  await using pipeline = await preloaded();
  await drain(pipeline, PROFILED, load, start);
}
await using pipeline = await preloaded();
const before = await cpu();
say("the profiled processor drains the trades");
const { rowsPerSecond } = await drain(pipeline, PROFILED, load, start, { atEnd: endProfile });
const after = await cpu();
console.log([
  `${Math.round(rowsPerSecond).toLocaleString("en-US")} rows/s while it was profiled`,
  "",
  ...stageTable(timeByStage(profile!), load.trades),
  "",
  ...[...after].map(([name, seconds]) => `${name}: ${(seconds - (before.get(name) ?? 0)).toFixed(1)} CPU s`),
].join("\n"));
say(`written: ${FILE}`);
await services.stop();
Deno.exit(0);
