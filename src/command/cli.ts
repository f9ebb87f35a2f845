import { parseArgs } from "@std/cli/parse-args";
import { generalHelp, roleHelp } from "./help.ts";
import { isSwitch, readSettings, SettingError } from "../settings/read_settings.ts";
import { ROLES } from "./roles.ts";
import { type Setting, SETTINGS, type Settings } from "../settings/settings.ts";
import { VERSION } from "../telemetry/version.ts";
import type { Role } from "./role.ts";

/** What the command line asks for. */
export type Command =
  | { kind: "print"; text: string }
  | { kind: "licences" }
  | { kind: "run"; role: Role; settings: Settings; words: string[] };

/** Characters of a word that is refused. */
const MAX_SHOWN = 40;

/**
 * Reads the command line and the environment.
 *
 * @throws {SettingError} for an unknown role or flag and for a bad value; the message is one line and says the remedy.
 */
export function readCommand(args: readonly string[], env: (name: string) => string | undefined): Command {
  const [first, ...rest] = args;
  if (first === undefined || first === "--help" || first === "-h" || first === "help") {
    return { kind: "print", text: generalHelp(ROLES) };
  }
  if (first === "--version" || first === "-V") return { kind: "print", text: `finnhub-pipe ${VERSION}` };
  if (first === "licences" || first === "licenses") return { kind: "licences" };
  const chosen = ROLES.find((candidate) => candidate.name === first);
  if (!chosen) {
    const names = ROLES.map((candidate) => candidate.name).join(", ");
    throw new SettingError(
      `there is no role ${JSON.stringify(first.slice(0, MAX_SHOWN))}; the roles are ${names}`,
    );
  }
  const { flags, words, help } = readFlags(chosen, rest);
  if (help) return { kind: "print", text: roleHelp(chosen) };
  const settings = readSettings(chosen.settings, { flags, env, role: chosen.name }) as Settings;
  return { kind: "run", role: chosen, settings, words };
}

function readFlags(role: Role, args: readonly string[]) {
  const settings = role.settings.map((name) => SETTINGS[name] as Setting<unknown>);
  const known = settings.flatMap((setting) => setting.flag ?? []);
  const fail = (problem: string): never => {
    throw new SettingError(`${problem}; see finnhub-pipe ${role.name} --help`);
  };
  // A switch takes a value only behind "=": `--loop replay.gz` must not swallow the word.
  const switches = settings.filter((setting) => setting.flag !== undefined && isSwitch(setting));
  const expanded = args.map((arg) => switches.some(({ flag }) => arg === `--${flag}`) ? `${arg}=true` : arg);
  const parsed = parseArgs(expanded, {
    string: known,
    boolean: ["help"],
    alias: { help: "h" },
    unknown: (arg) =>
      arg.startsWith("-") && arg !== "-"
        ? fail(`there is no flag ${arg.split("=")[0]!.slice(0, MAX_SHOWN)}`)
        : true,
  });
  const flags: Record<string, string> = {};
  for (const flag of known) {
    const value = parsed[flag];
    // parseArgs would silently take the last.
    if (args.filter((arg) => arg.split("=")[0] === `--${flag}`).length > 1) {
      fail(`--${flag} is given more than once`);
    }
    if (value === "" && !expanded.includes(`--${flag}=`)) fail(`--${flag} needs a value`);
    if (typeof value === "string") flags[flag] = value;
  }
  const words = parsed._.map(String);
  if (words.length > 0 && role.words === undefined) {
    fail(`${role.name} takes no ${JSON.stringify(words[0]!.slice(0, MAX_SHOWN))}`);
  }
  return { flags, words, help: parsed.help === true };
}
