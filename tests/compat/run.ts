/**
 * `make compat`: runs the roles against each pair of servers and puts what came of it into README.md beside this file. The
 * exit code is 1 when a step failed.
 */
import { binary } from "../e2e/role.ts";
import { progressOnStderr } from "../services/mod.ts";
import { type Place, withTable } from "../tables.ts";
import { type Cell, cellNames, CELLS } from "./cells.ts";
import { startCell } from "./servers.ts";
import { CellRun, STEPS } from "./steps.ts";
import { allWell, type CellResult, COMPAT_PLACE, compatTable, type Outcome, STEP_NAMES } from "./table.ts";

const README = new URL("README.md", import.meta.url);
const progress = progressOnStderr();

/** A failed step ends its cell: the ones behind it build on it. */
async function runCell(cell: Cell): Promise<CellResult> {
  const outcomes = Object.fromEntries(STEP_NAMES.map((name) => [name, "not run" as Outcome]));
  const result = { cell, outcomes } as CellResult;
  const { cassandra, kafka } = cellNames(cell);
  progress(`Kafka ${kafka}, Cassandra ${cassandra}`);
  try {
    await using servers = await startCell(cell);
    await using run = await CellRun.on(cell, servers, "binance_spot_btc_eth_20240808");
    for (const name of STEP_NAMES) {
      result.outcomes[name] = "no";
      await STEPS[name](run);
      result.outcomes[name] = "yes";
      progress(`  ${name}`);
    }
  } catch (error) {
    console.error(error);
  }
  return result;
}

async function writeTable(file: URL, place: Place, table: string): Promise<void> {
  await Deno.writeTextFile(file, withTable(await Deno.readTextFile(file), place, table));
}

progress(`the roles are ${binary()}`);
const results: CellResult[] = [];
for (const cell of CELLS) results.push(await runCell(cell));
const table = compatTable(results);
await writeTable(README, COMPAT_PLACE, table);
console.log(table);
Deno.exit(allWell(results) ? 0 : 1);
