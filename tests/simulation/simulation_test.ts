import { assert, assertEquals } from "@std/assert";
import { integrationTest, secondsFrom } from "../needs.ts";

const RUN = new URL("run.ts", import.meta.url).pathname;
/** One for each core that a small machine has. */
const PROCESSES = 2;

integrationTest(
  "in thousands of histories of faults every trade is stored once, every window is right, nothing is stuck",
  async () => {
    const each = Math.ceil(secondsFrom("SEEDS", 5000) / PROCESSES);
    const runs = await Promise.all(
      Array.from({ length: PROCESSES }, async (_, i) => {
        const args = ["run", "--no-check", "--allow-env=FIRST_ONLY", RUN, String(1 + i * each), String(each)];
        const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
        return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
      }),
    );
    for (const { code, text } of runs) {
      assertEquals(code, 0, text);
      // No history without trades would fail.
      assert(Number(/ (\d+) trades/.exec(text)?.[1]) > each * 100, text);
    }
  },
);

integrationTest("the same seed gives the same history, to the last word", async () => {
  const tell = async () => {
    const { runHistory } = await import("./history.ts");
    return JSON.stringify(await runHistory(77));
  };
  assertEquals(await tell(), await tell());
});
