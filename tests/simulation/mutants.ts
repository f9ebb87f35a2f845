/**
 * Plants faults in a copy of the sources, one at a time, and sees that the simulation finds each: `mutants.ts [NAME…]`. Prints a table;
 * the exit code is 0 when all are found within {@linkcode LIMIT} histories.
 */
import { type Mutant, MUTANTS } from "./planted.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
/** Histories in which a fault must be found. */
const LIMIT = 2000;
const AT_ONCE = 2;

const wanted = Deno.args.length === 0 ? MUTANTS : MUTANTS.filter(({ name }) => Deno.args.includes(name));
const rows: string[] = [];
let missed = 0;
const queue = [...wanted];
await Promise.all(Array.from({ length: AT_ONCE }, async () => {
  for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
    const row = await hunt(mutant);
    console.error(row);
    rows.push(row);
  }
}));
console.log(["| Planted fault | Where | Found |", "|---|---|---|", ...rows.sort()].join("\n"));
console.log(`${wanted.length - missed} passed, ${missed} failed`);
Deno.exit(missed === 0 ? 0 : 1);

/** Runs histories over the sources with one fault in them. */
async function hunt(mutant: Mutant): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "finnhub-pipe-mutant-" });
  try {
    for (const name of ["src", "schemas", "tests", "deno.json", "deno.lock"]) {
      await new Deno.Command("cp", { args: ["-r", `${ROOT}${name}`, folder] }).output();
    }
    await plant(folder, mutant);
    const args = [
      "run",
      "--no-check",
      "--allow-env=FIRST_ONLY",
      "tests/simulation/run.ts",
      "1",
      String(LIMIT),
    ];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args,
      cwd: folder,
      env: { FIRST_ONLY: "1" },
    }).output();
    const text = new TextDecoder().decode(stdout);
    const seed = /^seed (\d+):\n {2}(.*)$/m.exec(text);
    if (seed === null) missed++;
    const found = seed === null
      ? `**not in ${LIMIT}** ${code === 0 ? "" : new TextDecoder().decode(stderr).slice(0, 200)}`
      : `history ${seed[1]}: ${seed[2]!.slice(0, 80)}`;
    return `| ${mutant.name} | \`${mutant.file}\` | ${found} |`;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** @throws {Error} where the sources are no longer as the fault wants them. */
async function plant(folder: string, { file, from, name, to }: Mutant): Promise<void> {
  const path = `${folder}/src/${file}`;
  const text = await Deno.readTextFile(path);
  if (text.split(from).length !== 2) throw new Error(`${name}: src/${file} does not hold its text once`);
  await Deno.writeTextFile(path, text.replace(from, () => to));
}
