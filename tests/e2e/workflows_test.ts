import { assert, assertStringIncludes } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { lintWorkflows } from "../services/actionlint.ts";
import { progressOnStderr } from "../services/progress.ts";

const WORKFLOWS = new URL("../../.github/workflows/", import.meta.url).pathname;

integrationTest("GitHub takes the workflows, as far as can be told without it", async () => {
  const names = (await Array.fromAsync(Deno.readDir(WORKFLOWS))).map(({ name }) => WORKFLOWS + name);
  const { output, success } = await lintWorkflows(names, progressOnStderr());
  assert(success, output);

  // It does look.
  const folder = await Deno.makeTempDir();
  try {
    const wrong = `${folder}/wrong.yml`;
    const text = await Deno.readTextFile(`${WORKFLOWS}release.yml`);
    await Deno.writeTextFile(wrong, text.replace("needs: [tests, executable]", "needs: nothing"));
    const refused = await lintWorkflows([wrong]);
    assert(!refused.success);
    assertStringIncludes(refused.output, "nothing");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
