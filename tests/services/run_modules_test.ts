import { assertEquals, assertMatch } from "@std/assert";
import { runModules, testModules } from "../deno_test.ts";
import { integrationTest } from "../needs.ts";

integrationTest(
  "a module that hangs is stopped, one that fails is tried again, and the others run",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "finnhub-pipe-test-" });
    const write = (name: string, body: string) =>
      Deno.writeTextFile(`${folder}/${name}_test.ts`, `Deno.test("${name}", async () => {\n${body}\n});`);
    try {
      await write("fails", `throw new Error("always");`);
      await write(
        "flaky",
        `try { Deno.statSync("${folder}/mark"); } catch { Deno.mkdirSync("${folder}/mark"); throw 1; }`,
      );
      await write("hangs", `await new Promise((resolve) => setTimeout(resolve, 600_000));`);
      await write("passes", "");
      const modules = await testModules(folder);
      const results = await runModules(modules, {
        options: ["--quiet", "--no-check", "--no-config", "--allow-read", "--allow-write"],
        deadline: 3000,
        // Its failures are none of this run's.
        show: new WritableStream(),
      });
      assertEquals(results.map(({ counts, failures }) => [counts.passed, counts.failed, failures.length]), [
        [0, 1, 2],
        [1, 0, 1],
        [0, 1, 2],
        [1, 0, 0],
      ]);
      assertMatch(results[0]!.failures[0]!, /error: Error: always/);
      assertMatch(results[2]!.failures[0]!, /hangs_test.ts .* did not end in 0.05 minutes and is stopped/);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

integrationTest(
  "modules that run at once overlap, and the output of each is shown in one piece",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "finnhub-pipe-test-" });
    try {
      // Each ends when the other has begun.
      for (const [own, other] of [["a", "b"], ["b", "a"]]) {
        const body = `Deno.mkdirSync("${folder}/${own}");
        while (true) { try { Deno.statSync("${folder}/${other}"); break; } catch { await new Promise((go) => setTimeout(go, 5)); } }`;
        await Deno.writeTextFile(
          `${folder}/${own}_test.ts`,
          `Deno.test("${own}", async () => {\n${body}\n});`,
        );
      }
      const decoder = new TextDecoder();
      let shown = "";
      const results = await runModules(await testModules(folder), {
        options: ["--quiet", "--no-check", "--no-config", "--allow-read", "--allow-write"],
        deadline: 30_000,
        show: new WritableStream({ write: (bytes) => void (shown += decoder.decode(bytes)) }),
        atOnce: 2,
      });
      assertEquals(results.map(({ counts, module }) => [counts.passed, module.slice(-9)]), [
        [1, "a_test.ts"],
        [1, "b_test.ts"],
      ]);
      for (const name of ["a", "b"]) {
        assertMatch(shown, new RegExp(`/${name}_test\\.ts.*\\n${name} .*ok.*\\n\\n.*1 passed`));
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
