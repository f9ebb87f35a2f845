import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const ROOT = new URL("../../../", import.meta.url);

Deno.test("each test that LEVELS.md names is there, and each criterion names one or is open", async () => {
  const text = await Deno.readTextFile(new URL("src/operator/LEVELS.md", ROOT));
  const rows = text.split("\n").filter((line) => /^\| [^-C]/.test(line));
  assert(rows.length > 20);
  for (const row of rows) {
    const named = [...row.matchAll(/`(tests\/[\w/]+\.ts)`(?:: ([^|`]*[^|` ]))?/g)];
    assertEquals(named.length === 0, /\*\*open\*\*/.test(row), row);
    for (const [, file, name = ""] of named) {
      assertStringIncludes(await Deno.readTextFile(new URL(file!, ROOT)), name, file);
    }
  }
});
