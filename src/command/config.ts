import { defaultText, withoutLogin } from "../settings/read_settings.ts";
import type { ConfigFile } from "../settings/config_file.ts";
import { type Setting, SETTINGS } from "../settings/settings.ts";
import type { Role } from "./role.ts";

/** Where the values of a role's settings come from. */
export interface Given {
  flags: Readonly<Record<string, string>>;
  env(name: string): string | undefined;
  file: ConfigFile | undefined;
}

/** A role's settings with the values that count and where each comes from; secrets are named and not shown. */
export function configText(role: Role, given: Given): string {
  const rows = role.settings.map((each) => {
    const setting = SETTINGS[each] as Setting<unknown>;
    const [text, source] = valueOf(setting, role, given);
    const shown = setting.secret ? (text === "" ? "" : "(secret)") : withoutLogin(text);
    return [setting.env, shown === "" ? "-" : shown, source] as const;
  });
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map(([name, text, source]) =>
    `${name.padEnd(widths[0]!)}  ${text.padEnd(Math.min(40, widths[1]!))}  ${source}`
  ).join("\n");
}

function valueOf(setting: Setting<unknown>, { name }: Role, { env, file, flags }: Given): [string, string] {
  const flag = setting.flag === undefined ? undefined : flags[setting.flag];
  if (flag !== undefined) return [flag, `flag --${setting.flag}`];
  const variable = env(setting.env);
  if (variable) return [variable, "environment"];
  const inFile = file?.values.get(setting.env);
  if (file !== undefined && inFile) return [inFile, `file ${file.path}`];
  return [defaultText(setting, name), "default"];
}
