import { hourOf } from "../../src/market/series.ts";
import type { Pipeline } from "../e2e/pipeline.ts";
import { until } from "../services/mod.ts";
import { SYMBOLS } from "./load.ts";

export interface PeerDrain {
  command: string;
  firstRowSeconds: number;
  rowsPerSecond: number;
}

const HOUR = 3_600_000;
const DEADLINE = 900_000;

/** Runs another processor and counts the rows that it makes. */
export async function drainByPeer(
  pipeline: Pipeline,
  command: string,
  trades: number,
  start: number,
): Promise<PeerDrain> {
  const child = new Deno.Command("sh", { args: ["-c", `exec ${command}`], env: pipeline.env, stdin: "null" })
    .spawn();
  const began = performance.now();
  try {
    await until("the peer's first row", async () => await rows(pipeline, start) > 0 ? true : "none", {
      deadline: DEADLINE,
      interval: 20,
    });
    const first = performance.now();
    await until(`${trades} rows of the peer`, async () => {
      const count = await rows(pipeline, start);
      return count >= trades ? true : `${count}`;
    }, { deadline: DEADLINE, interval: 1000 });
    const seconds = (performance.now() - first) / 1000;
    return { command, firstRowSeconds: (first - began) / 1000, rowsPerSecond: trades / seconds };
  } finally {
    child.kill("SIGTERM");
    await child.status;
  }
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
