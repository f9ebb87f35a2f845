import type { Role } from "./role.ts";
import { defaultText } from "../settings/read_settings.ts";
import { GROUPS, type Setting, SETTINGS } from "../settings/settings.ts";
import { EXAMPLES } from "./examples.ts";
import { aside, heading, name, PLAIN, type Style, wrapped } from "./style.ts";

const PROGRAM = "finnhub-pipe";
/** Widest column of names, characters; what stands beside a wider one begins on the next line. */
const WIDEST_NAME = 28;

/** What `--help` without a role prints. */
export function generalHelp(roles: readonly Role[], style: Style = PLAIN): string {
  const rows = (pairs: readonly (readonly [string, string])[]) => columns(pairs, style);
  return [
    "finnhub-pipe: live trades from Finnhub through Kafka into Cassandra, in one executable",
    "",
    heading("Usage:", style) + ` ${PROGRAM} ROLE [flags]`,
    "",
    heading("Begin with:", style),
    ...rows([[`${PROGRAM} local`, "the whole pipeline in this process, with a live page"]]),
    "",
    heading("Roles:", style),
    ...rows(roles.map((role) => [role.name, role.summary] as const)),
    "",
    heading("Also:", style),
    ...rows([
      ["help ROLE", "a role's settings, with examples; ROLE --help does the same"],
      ["config ROLE", "the values that count with these flags, and where each comes from"],
      ["completion SHELL", "what bash, zsh or fish completes these words by"],
      ["licences", "others' work in this executable, and its licences"],
      ["--version, -v", "the release"],
    ]),
  ].join("\n");
}

/** What `ROLE --help` prints. */
export function roleHelp(role: Role, style: Style = PLAIN): string {
  const own = new Set<Setting<unknown>>(role.settings.map((each) => SETTINGS[each] as Setting<unknown>));
  const groups = GROUPS.map(([title, settings]) =>
    [title, Object.values(settings).filter((setting) => own.has(setting))] as const
  ).filter(([, settings]) => settings.length > 0);
  const examples = EXAMPLES[role.name] ?? [];
  return [
    ...wrapped(role.summary, style.width),
    "",
    heading("Usage:", style) +
    ` ${PROGRAM} ${role.name}${role.words === undefined ? "" : ` ${role.words}`} [flags]`,
    "",
    heading("Examples:", style),
    ...examples.flatMap(([line, does]) => [`  ${PROGRAM} ${line}`, `      ${aside(does, style)}`]),
    "",
    ...wrapped(
      "A flag wins over its environment variable, which stands in brackets; both win over a file given by --config.",
      style.width,
    ),
    ...groups.flatMap(([title, settings]) => [
      "",
      heading(`${title}:`, style),
      ...columns(settings.map((setting) => [nameOf(setting), meaningOf(setting, role)] as const), style),
    ]),
  ].join("\n");
}

const nameOf = ({ env, flag }: Setting<unknown>): string => flag === undefined ? env : `--${flag}`;

function meaningOf(setting: Setting<unknown>, role: Role): string {
  const variable = setting.flag === undefined ? "" : ` [${setting.env}]`;
  const preset = defaultText(setting, role.name);
  return `${setting.meaning}${variable}${preset === "" ? "" : ` (default ${preset})`}`;
}

/** Names on the left, and beside each its text, in lines that fit. */
function columns(rows: readonly (readonly [string, string])[], style: Style): string[] {
  const left = Math.min(WIDEST_NAME, Math.max(...rows.map(([each]) => each.length)));
  const indent = " ".repeat(left + 4);
  return rows.flatMap(([each, text]) => {
    const [first = "", ...more] = wrapped(text, Math.max(30, style.width - indent.length));
    const colored = name(each, style) + " ".repeat(Math.max(0, left - each.length));
    const begin = each.length > left ? [`  ${colored}`, indent + first] : [`  ${colored}  ${first}`];
    return [...begin, ...more.map((line) => indent + line)];
  });
}
