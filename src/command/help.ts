import type { Role } from "./role.ts";
import { defaultText } from "../settings/read_settings.ts";
import { type Setting, SETTINGS } from "../settings/settings.ts";

/** What `--help` without a role prints. */
export function generalHelp(roles: readonly Role[]): string {
  const width = Math.max(...roles.map((role) => role.name.length));
  return [
    "finnhub-pipe: live trades from Finnhub through Kafka into Cassandra, in one executable",
    "",
    "Usage: finnhub-pipe ROLE [flags]",
    "",
    "Roles:",
    ...roles.map((role) => `  ${role.name.padEnd(width)}  ${role.summary}`),
    "",
    "  finnhub-pipe ROLE --help   the role's settings",
    "  finnhub-pipe --version",
    "  finnhub-pipe licences      others' work in this executable, and its licences",
  ].join("\n");
}

/** What `ROLE --help` prints. */
export function roleHelp(role: Role): string {
  const settings = role.settings.map((name) => SETTINGS[name] as Setting<unknown>);
  const left = settings.map((setting) => setting.flag === undefined ? setting.env : `--${setting.flag}`);
  const width = Math.max(...left.map((text) => text.length));
  const lines = settings.map((setting, i) => {
    const variable = setting.flag === undefined ? "" : ` [${setting.env}]`;
    const preset = defaultText(setting, role.name);
    return `  ${left[i]!.padEnd(width)}  ${setting.meaning}${variable}${
      preset === "" ? "" : ` (default ${preset})`
    }`;
  });
  return [
    role.summary,
    "",
    `Usage: finnhub-pipe ${role.name}${role.words === undefined ? "" : ` ${role.words}`} [flags]`,
    "",
    "Settings, as flag [environment variable]; a flag wins over its variable:",
    ...lines,
  ].join("\n");
}
