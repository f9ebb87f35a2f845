import { parseArgs } from "@std/cli/parse-args";
import { configText } from "./config.ts";
import { completion, OTHER_WORDS, type Shell, SHELLS } from "./completion.ts";
import { generalHelp, roleHelp } from "./help.ts";
import { didYouMean } from "./similar.ts";
import { isColored, PLAIN, type Style } from "./style.ts";
import { type ConfigFile, fileBytes, readConfigFile } from "../settings/config_file.ts";
import { isSwitch, readSettings, SettingError } from "../settings/read_settings.ts";
import { ROLES } from "./roles.ts";
import { type Setting, SETTINGS, type Settings } from "../settings/settings.ts";
import { VERSION } from "../telemetry/version.ts";
import type { Role } from "./role.ts";

/** What the command line asks for. */
export type Command =
  | { kind: "print"; text: string }
  | { kind: "licences" }
  | {
    kind: "run";
    role: Role;
    settings: Settings;
    words: string[];
    /** What settings a file gives, by variable. */
    filed: ReadonlyMap<string, string>;
  };

/** Where help is printed. */
export interface Screen {
  /** Whether standard output is a terminal. */
  terminal: boolean;
  /** Characters of a line. */
  columns: number;
}

const NO_SCREEN: Screen = { terminal: false, columns: PLAIN.width };
/** Characters of a word that is refused. */
const MAX_SHOWN = 40;

/**
 * Reads the command line, the environment and the file that they name.
 *
 * @param screen decides how help is laid out
 * @throws {SettingError} for an unknown role or flag and for a bad value; the message is one line and says the remedy.
 */
export function readCommand(
  args: readonly string[],
  env: (name: string) => string | undefined,
  screen: Screen = NO_SCREEN,
  read: (path: string) => Uint8Array = fileBytes,
): Command {
  if (args[0] === "config") return print(configOf(args.slice(1), env, read));
  const [first, ...rest] = args;
  const style = styleOf(args, env, screen);
  if (first === undefined || first === "--help" || first === "-h") return print(generalHelp(ROLES, style));
  if (first === "help") {
    const [name] = rest.filter((word) => !word.startsWith("-"));
    return print(name === undefined ? generalHelp(ROLES, style) : roleHelp(roleOf(name), style));
  }
  if (["--version", "-v", "-V"].includes(first)) return print(`finnhub-pipe ${VERSION}`);
  if (first === "licences" || first === "licenses") return { kind: "licences" };
  if (first === "completion") return print(completion(shellOf(rest[0]), ROLES));
  const chosen = roleOf(first);
  const { flags, words, help } = readFlags(chosen, rest);
  if (help) return print(roleHelp(chosen, style));
  const file = fileOf(flags, env, read);
  const settings = readSettings(chosen.settings, { flags, env, file, role: chosen.name }) as Settings;
  return { kind: "run", role: chosen, settings, words, filed: file?.values ?? new Map() };
}

const print = (text: string): Command => ({ kind: "print", text });

/** What `config ROLE [flags]` prints, once every value is seen to be good. */
function configOf(
  args: readonly string[],
  env: (name: string) => string | undefined,
  read: (path: string) => Uint8Array,
): string {
  const [name, ...rest] = args.filter((arg) => arg !== "--print");
  if (name === undefined || name.startsWith("-")) {
    throw new SettingError(
      "config needs a role, such as finnhub-pipe config processor --config settings.yaml",
    );
  }
  const role = roleOf(name);
  const { flags } = readFlags(role, rest);
  const file = fileOf(flags, env, read);
  readSettings(role.settings, { flags, env, file, role: role.name });
  return configText(role, { flags, env, file });
}

function fileOf(
  flags: Readonly<Record<string, string>>,
  env: (name: string) => string | undefined,
  read: (path: string) => Uint8Array,
): ConfigFile | undefined {
  const path = flags[SETTINGS.configFile.flag!] ?? env(SETTINGS.configFile.env);
  return path ? readConfigFile(path, read, didYouMean) : undefined;
}

function roleOf(name: string): Role {
  const found = ROLES.find((role) => role.name === name);
  if (found) return found;
  const names = ROLES.map((role) => role.name);
  const shown = name.slice(0, MAX_SHOWN);
  const hint = didYouMean(shown, [...names, ...OTHER_WORDS]);
  throw new SettingError(
    `there is no role ${JSON.stringify(shown)}; the roles are ${names.join(", ")}${hint}`,
  );
}

function shellOf(word = ""): Shell {
  const found = SHELLS.find((shell) => shell === word);
  if (found) return found;
  throw new SettingError(
    `completion needs one of ${SHELLS.join(", ")}, such as finnhub-pipe completion bash`,
  );
}

/** Help comes before settings are read: a wish that is none counts as no wish. */
function styleOf(
  args: readonly string[],
  env: (name: string) => string | undefined,
  { columns, terminal }: Screen,
): Style {
  const at = args.findIndex((arg) => arg === "--color" || arg.startsWith("--color="));
  const given = at < 0 ? env(SETTINGS.color.env) : args[at]!.split("=")[1] ?? args[at + 1];
  const wish = given === "always" || given === "never" ? given : "auto";
  return { width: columns, color: isColored(wish, { noColor: !!env("NO_COLOR"), terminal }) };
}

function readFlags(role: Role, args: readonly string[]) {
  const settings = role.settings.map((name) => SETTINGS[name] as Setting<unknown>);
  const known = settings.flatMap((setting) => setting.flag ?? []);
  const fail = (problem: string): never => {
    throw new SettingError(`${problem}; see finnhub-pipe ${role.name} --help`);
  };
  // A switch takes a value only behind "=": `--loop replay.gz` must not swallow the word.
  const switches = settings.filter((setting) => setting.flag !== undefined && isSwitch(setting));
  const expanded = withNegatives(args, known)
    .map((arg) => switches.some(({ flag }) => arg === `--${flag}`) ? `${arg}=true` : arg);
  const shown = (arg: string) => arg.split("=")[0]!.slice(0, MAX_SHOWN);
  const parsed = parseArgs(expanded, {
    string: known,
    boolean: ["help"],
    alias: { help: "h" },
    unknown: (arg) =>
      arg.startsWith("-") && arg !== "-"
        ? fail(`there is no flag ${shown(arg)}${didYouMean(shown(arg), known.map((flag) => `--${flag}`))}`)
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

/** Joins a flag and a negative number behind it, which parseArgs would take for another flag: its value is judged as any other. */
function withNegatives(args: readonly string[], known: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1);
    const behindFlag = before !== undefined && known.some((flag) => before === `--${flag}`);
    if (behindFlag && /^-\.?\d/.test(arg)) joined[joined.length - 1] = `${before}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}
