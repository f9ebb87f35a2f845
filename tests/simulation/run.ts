/**
 * Runs histories: `run.ts FIRST COUNT`. Prints the problems of those that went wrong, how to see each again, and a line of counts.
 */
import { runHistory } from "./history.ts";

const [first = 1, count = 1] = Deno.args.map(Number);
const start = performance.now();
let failed = 0;
let trades = 0;
for (let seed = first; seed < first + count; seed++) {
  const outcome = await runHistory(seed);
  trades += outcome.trades;
  if (outcome.problems.length === 0) continue;
  failed++;
  console.log(`seed ${seed}:`);
  if (count === 1) { for (const line of outcome.story) console.log(`  ${line}`); }
  for (const problem of outcome.problems) console.log(`  ${problem}`);
  if (count > 1) console.log(`  to see it again: make simulate SEED=${seed}`);
  if (Deno.env.get("FIRST_ONLY")) break;
}
const seconds = ((performance.now() - start) / 1000).toFixed(1);
console.log(`${count - failed} histories passed, ${failed} failed, ${trades} trades, ${seconds} s`);
Deno.exit(failed === 0 ? 0 : 1);
