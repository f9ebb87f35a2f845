import { ROLES } from "../src/command/roles.ts";
import type { Setting } from "../src/settings/settings.ts";
import { SETTINGS } from "../src/settings/settings.ts";

const BEGIN = "<!-- settings: made by deno task readme -->";
const END = "<!-- end of settings -->";

/** The README's table of all settings. */
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
 * The README with its table made anew.
 *
 * @throws {RangeError} when the README has no place for it.
 */
export function withSettingsTable(readme: string): string {
  const from = readme.indexOf(BEGIN);
  const to = readme.indexOf(END);
  if (from < 0 || to < from) throw new RangeError(`README.md lacks ${BEGIN} … ${END}`);
  return `${readme.slice(0, from)}${BEGIN}\n${settingsTable()}\n${readme.slice(to)}`;
}

if (import.meta.main) {
  const file = new URL("../README.md", import.meta.url);
  await Deno.writeTextFile(file, withSettingsTable(await Deno.readTextFile(file)));
}
