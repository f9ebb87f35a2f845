import { ROLES } from "../src/command/roles.ts";
import type { Setting } from "../src/settings/settings.ts";
import { SETTINGS } from "../src/settings/settings.ts";
import { type Place, withTable } from "./tables.ts";

/** Where the table stands in src/settings/README.md. */
export const SETTINGS_PLACE: Place = {
  begin: "<!-- settings: made by make readme -->",
  end: "<!-- end of settings -->",
};

/** The table of all settings. */
export function settingsTable(): string {
  const rows = Object.entries(SETTINGS as Record<string, Setting<unknown>>).map(([name, setting]) => {
    const using = ROLES.filter((role) => (role.settings as readonly string[]).includes(name)).map((role) =>
      role.name
    );
    const roles = using.length === ROLES.length ? "all" : using.join(", ");
    const presets = [
      ...Object.entries(setting.defaults ?? {}).map(([role, preset]) => `\`${preset}\` (${role})`),
      ...(setting.defaults === undefined && setting.default !== "" ? [`\`${setting.default}\``] : []),
    ];
    const flag = setting.flag === undefined ? "" : `\`--${setting.flag}\``;
    return `| \`${setting.env}\` | ${flag} | ${presets.join(", ")} | ${roles} | ${
      setting.meaning.replaceAll("|", "\\|")
    } |`;
  });
  return ["| Variable | Flag | Default | Roles | Meaning |", "|---|---|---|---|---|", ...rows].join("\n");
}

/**
 * The document with its table made anew.
 *
 * @throws {RangeError} when the document has no place for it.
 */
export function withSettingsTable(document: string): string {
  return withTable(document, SETTINGS_PLACE, settingsTable());
}

if (import.meta.main) {
  const file = new URL("../src/settings/README.md", import.meta.url);
  await Deno.writeTextFile(file, withSettingsTable(await Deno.readTextFile(file)));
}
