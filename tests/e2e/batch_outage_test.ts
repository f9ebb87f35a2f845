import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Trade } from "../../src/market/trade.ts";
import { integrationTest, secondsFrom } from "../needs.ts";
import { type Server, startServices, until } from "../services/mod.ts";
import { assertClean, backfill, byTime, frames, HOUR, madeTrades, MIDNIGHT } from "./batch.ts";
import { assertStored } from "./check.ts";
import { Pipeline } from "./pipeline.ts";
import type { RunningRole } from "./role.ts";

/** How long Cassandra stays away. `make faults` says 60; a test run that everybody waits for, less. */
const AWAY_S = secondsFrom("FAULT_SECONDS", 10);
const DAYS = 3;
const BURST = 12;
const RANGE = ["--from", new Date(MIDNIGHT - (DAYS + 1) * 24 * HOUR).toISOString(), "--settle", "200ms"];

/** Bursts of trades every five minutes of several days: many hours to go through, and not so many windows. */
function longTrades(symbol: string): Trade[] {
  const first = MIDNIGHT - DAYS * 24 * HOUR;
  return madeTrades(symbol, DAYS * 24 * 12 * BURST, 11).map((trade, i) => ({
    ...trade,
    time: first + Math.floor(i / BURST) * 300_000 + trade.time % 1000,
  }));
}

/** Takes Cassandra away as soon as a state file has something, and brings it back. */
async function awayInTheMiddle(
  run: RunningRole,
  state: string,
  has: string,
  cassandra: Server,
): Promise<void> {
  await until(`${state} to have ${has}`, async () => {
    const text = await Deno.readTextFile(state).catch(() => "");
    if (text.includes(has)) return true;
    return run.stderr.slice(-300) || "it says nothing";
  }, { interval: 5 });
  await cassandra.kill("SIGKILL");
  await until("the run to notice", () => Promise.resolve(run.stderr.includes("trying again") || "not yet"));
  await new Promise((resolve) => setTimeout(resolve, AWAY_S * 1000));
  await cassandra.restart();
}

/** Waits for a run to end by itself; what it printed. */
async function outcome(run: RunningRole): Promise<string> {
  await until("the run to end", () => Promise.resolve(run.ended !== undefined || run.stderr.slice(-300)), {
    deadline: 120_000,
  });
  assertEquals(run.ended!.code, 0, run.stdout + run.stderr);
  return run.stdout;
}

integrationTest(
  `Cassandra away for ${AWAY_S} s in the middle of an import and of a repair: each goes on and ends as if it had not been`,
  async (t) => {
    await using services = await startServices();
    await using pipeline = await Pipeline.setUp(services, "batch-outage");
    const [cassandra] = services.cassandra.servers;
    const folder = await Deno.makeTempDir();
    try {
      const trades = byTime([...longTrades("X"), ...longTrades("Y")]);
      const file = `${folder}/trades.ndjson`;
      await Deno.writeTextFile(file, frames(trades));

      await t.step("an import", async () => {
        const state = `${folder}/import.state`;
        const run = pipeline.start("backfill", ["--import", file, "--settle", "0", "--state", state]);
        await awayInTheMiddle(run, state, '"lines":', cassandra!);
        const said =
          `${trades.length} trade\\(s\\) of ${trades.length} line\\(s\\) stored, 0 passed over, 0 bad`;
        assertMatch(await outcome(run), new RegExp(said));
        await assertStored(pipeline, trades);
        await assertClean(pipeline, RANGE);
      });

      await t.step("a repair", async () => {
        await pipeline.session.execute("TRUNCATE candles");
        await pipeline.session.execute("TRUNCATE running_averages_15_sec");
        const found = await backfill(pipeline, [...RANGE, "--report", "0"]);
        const [, missing] = /(\d+) difference\(s\)/.exec(found.stdout) ?? [];
        assert(Number(missing) > 10_000, found.stdout);
        const state = `${folder}/repair.state`;
        const run = pipeline.start("backfill", [
          ...RANGE,
          "--repair",
          "--report",
          "0",
          "--state",
          state,
        ]);
        await awayInTheMiddle(run, state, '"hours":', cassandra!);
        assertMatch(await outcome(run), new RegExp(`\\n${missing} repaired\\n`));
        await assertStored(pipeline, trades);
        await assertClean(pipeline, RANGE);
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
  true,
);
