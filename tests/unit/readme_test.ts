import { assert, assertEquals } from "@std/assert";
import readme from "../../README.md" with { type: "text" };
import { ROLES } from "../../src/command/roles.ts";
import { withSettingsTable } from "../readme_table.ts";

Deno.test("the README's settings table is what the code makes of it (deno task readme makes it anew)", () => {
  assertEquals(readme, withSettingsTable(readme));
});

Deno.test("the README names every role and the two commands", () => {
  for (const { name } of ROLES) assert(readme.includes(`\`${name}\``), `the README does not name ${name}`);
  assert(readme.includes("make demo") && readme.includes("make test"));
});
