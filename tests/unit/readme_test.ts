import { assert, assertEquals } from "@std/assert";
import dark from "../../.github/flow-dark.svg" with { type: "text" };
import light from "../../.github/flow-light.svg" with { type: "text" };
import readme from "../../README.md" with { type: "text" };
import { ROLES } from "../../src/command/roles.ts";
import settingsReadme from "../../src/settings/README.md" with { type: "text" };
import { SETTINGS_PLACE, withSettingsTable } from "../readme_table.ts";
import { assertSameTable } from "../tables.ts";

Deno.test("the table of settings is what the code makes of it", () => {
  assertSameTable(
    "src/settings/README.md",
    settingsReadme,
    withSettingsTable(settingsReadme),
    SETTINGS_PLACE,
  );
});

Deno.test("the README names every role and the two commands", () => {
  for (const { name } of ROLES) assert(readme.includes(`\`${name}\``), `the README does not name ${name}`);
  assert(readme.includes("make demo") && readme.includes("make test"));
});

Deno.test("the README can be read in one go", () => {
  const words = readme.split(/\s+/).length;
  assert(
    words < 2200,
    `the README has ${words} words: what is longer than a start belongs beside its subject`,
  );
});

Deno.test("the drawing of the flow is the same for light and dark pages, but for its colours", () => {
  const uncoloured = (drawing: string) => drawing.replaceAll(/#[0-9a-f]{6}\b/g, "#");
  assertEquals(uncoloured(dark), uncoloured(light));
});
