import { until } from "../services/mod.ts";
import type { Pipeline } from "./pipeline.ts";
import type { RunningRole } from "./role.ts";

const DATA = new URL("../../../shared/data/", import.meta.url).pathname;

/** Where a file of recorded trades is, which are not part of the repository; none where it is absent. */
export async function recordedFile(name: string): Promise<string | undefined> {
  const path = `${DATA}${name}.ndjson.gz`;
  return await Deno.stat(path).then(() => path, () => undefined);
}

/** Replays a file at greatest speed through all roles; resolves when everything is stored and committed. */
export async function replay(
  pipeline: Pipeline,
  path: string,
  symbols: readonly string[],
  trades: number,
): Promise<{ producer: RunningRole; processor: RunningRole; simulator: RunningRole }> {
  const simulator = await pipeline.simulator(["--replay", path, "--speed", "max"]);
  const producer = pipeline.start("producer", ["--tickers", symbols.join(",")], simulator.env);
  const processor = pipeline.start("processor");
  await until("all trades to reach Kafka", async () => {
    const sent = await producer.metric("finnhub_pipe_producer_trades_out_total");
    return sent === trades ? true : `${sent} of ${trades}`;
  }, { deadline: 90_000 });
  await pipeline.drained(90_000);
  return { producer, processor, simulator: simulator.role };
}
