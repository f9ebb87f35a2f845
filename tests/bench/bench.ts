import { Pipeline } from "../e2e/pipeline.ts";
import { progressOnStderr, startServices } from "../services/mod.ts";
import { bareRead, bareWrite } from "./bounds.ts";
import { drain } from "./drain.ts";
import { preload } from "./load.ts";

const trades = Number(Deno.env.get("BENCH_TRADES") ?? "500000");
const partitions = 4;
const say = progressOnStderr();

await using services = await startServices({ jvm: "server", progress: say });
const start = Date.now() - 3_600_000;
const load = { trades, partitions };
for (let round = 0; round < Number(Deno.env.get("ROUNDS") ?? 1); round++) {
  await using pipeline = await Pipeline.setUp(services, "bench", { KAFKA_PARTITIONS: String(partitions) });
  say(`preloading ${trades} trades`);
  await preload(pipeline, load, start);
  if (round === 0) say(`bare read: ${Math.round(await bareRead(pipeline, load))} trades/s`);
  say(JSON.stringify(await drain(pipeline, trades, start, Deno.args)));
  await using bare = await Pipeline.setUp(services, "bare");
  say(`bare write: ${Math.round(await bareWrite(bare, load, start, 400))} rows/s`);
}
Deno.exit(0);
