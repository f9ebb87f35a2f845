/** Long work on a terminal: a bar with its rate and the time left, through which other lines come whole. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { frames, madeTrades } from "./batch.ts";
import { binary, RunningRole, runToEnd } from "./role.ts";

const TERMINAL = new URL("terminal.py", import.meta.url).pathname;
const NO_TOKEN = { FINNHUB_API_TOKEN: "" };

async function onTerminal(...args: string[]): Promise<{ code: number; shown: string }> {
  const { code, stdout } = await new Deno.Command("python3", {
    args: [TERMINAL, binary(), ...args],
    env: { ...NO_TOKEN, NO_COLOR: "1", TERM: "xterm" },
    stdin: "null",
  }).output();
  return { code, shown: new TextDecoder().decode(stdout) };
}

const ESCAPE = "\u001b";
const SEQUENCE = new RegExp(`${ESCAPE}(\\[[0-9;?]*[a-zA-Z]|[78])`, "g");

/** What stands on the terminal at the end: of each line what was written last, from its beginning. */
const standing = (shown: string): string[] =>
  shown.split(/\r?\n/).map((line) =>
    line.replaceAll(`${ESCAPE}[1G`, "\r").split("\r").at(-1)!.replaceAll(SEQUENCE, "")
  );

integrationTest(
  "import, check and export show a bar on a terminal, and lines of the log stand whole beside it",
  async () => {
    const folder = await Deno.makeTempDir();
    const data = ["--data", `${folder}/data`];
    try {
      await using role = new RunningRole(
        "local",
        ["--listen", "127.0.0.1:0", ...data, "--history", "0"],
        NO_TOKEN,
      );
      await role.http();
      assertEquals((await role.stop()).code, 0);
      const trades = ["A", "B", "C"].flatMap((symbol, i) => madeTrades(symbol, 15_000, i));
      await Deno.writeTextFile(`${folder}/trades.ndjson`, `nonsense\n${frames(trades)}`);

      const imported = await onTerminal(
        "backfill",
        ...data,
        "--import",
        `${folder}/trades.ndjson`,
        "--settle",
        "0",
      );
      assertEquals(imported.code, 0, imported.shown);
      assertMatch(imported.shown, /import \[ *=* *\] \d+ % · [\d,]+ trades · [\d,]+\/s · \d+s left/);
      assertMatch(imported.shown, /recompute \[=+ *\] \d+ % · \d+ hours/);
      const lines = standing(imported.shown);
      assert(lines.includes("line 1: not JSON"), lines.join("\n"));
      assert(
        lines.some((line) => line.startsWith("45000 trade(s) of 45001 line(s) stored")),
        lines.join("\n"),
      );
      assert(
        lines.some((line) => /^\S+ INFO +recomputing what the import touched/.test(line)),
        lines.join("\n"),
      );
      assertEquals(lines.filter((line) => /left$/.test(line)), []);

      const exported = await onTerminal(
        "export",
        ...data,
        "--from",
        "48h",
        "--out",
        `${folder}/out.csv`,
        "--format",
        "csv",
      );
      assertEquals(exported.code, 0, exported.shown);
      assertMatch(exported.shown, /export \[=+ *\] \d+ % · [\d,]+ rows · [\d,]+\/s/);
      const toScreen = await onTerminal(
        "export",
        ...data,
        "--from",
        "48h",
        "--what",
        "candles",
        "--interval",
        "1h",
      );
      assert(!/\] \d+ %/.test(toScreen.shown), "rows on the terminal have no bar between them");

      const piped = await runToEnd([
        "export",
        ...data,
        "--from",
        "48h",
        "--out",
        `${folder}/out.csv`,
        "--format",
        "csv",
      ], NO_TOKEN);
      assert(piped.code === 0 && !piped.stderr.includes(ESCAPE), piped.stderr);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
