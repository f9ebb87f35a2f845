import { parseArgs } from "@std/cli/parse-args";
import { completion, OTHER_WORDS, type Shell, SHELLS } from "./completion.ts";
import { generalHelp, roleHelp } from "./help.ts";
import { didYouMean } from "./similar.ts";
import { isColored, PLAIN, type Style } from "./style.ts";
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
 * Reads the command line and the environment.
 *
 * @param screen decides how help is laid out
 * @throws {SettingError} for an unknown role or flag and for a bad value; the message is one line and says the remedy.
 */
export function readCommand(
  args: readonly string[],
  env: (name: string) => string | undefined,
  screen: Screen = NO_SCREEN,
): Command {
  const [first, ...rest] = args;
  const print = (text: string): Command => ({ kind: "print", text });
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
  const settings = readSettings(chosen.settings, { flags, env, role: chosen.name }) as Settings;
  return { kind: "run", role: chosen, settings, words };
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
