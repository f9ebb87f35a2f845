import { type Setting, SETTINGS } from "../settings/settings.ts";
import { isSwitch } from "../settings/read_settings.ts";
import type { Role } from "./role.ts";

/** Words that stand in the place of a role. */
export const OTHER_WORDS = ["help", "config", "completion", "licences"] as const;
export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = typeof SHELLS[number];

interface Flag {
  name: string;
  /** Whether it takes a value. */
  valued: boolean;
  meaning: string;
}

/** A script that completes roles and flags, to be read by the shell: `source <(finnhub-pipe completion bash)`. */
export function completion(shell: Shell, roles: readonly Role[]): string {
  const table = roles.map((role) => ({ name: role.name, summary: role.summary, flags: flagsOf(role) }));
  return { bash, zsh, fish }[shell](table);
}

type Table = { name: string; summary: string; flags: Flag[] }[];

function flagsOf(role: Role): Flag[] {
  const settings = role.settings.map((each) => SETTINGS[each] as Setting<unknown>);
  const flags = settings.flatMap((setting) =>
    setting.flag === undefined
      ? []
      : [{ name: setting.flag, valued: !isSwitch(setting), meaning: setting.meaning }]
  );
  return [...flags, { name: "help", valued: false, meaning: "The role's settings" }];
}

const words = (table: Table): string => [...table.map(({ name }) => name), ...OTHER_WORDS].join(" ");
const dashed = ({ flags }: Table[number]): string => flags.map(({ name }) => `--${name}`).join(" ");

function bash(table: Table): string {
  const names = table.map(({ name }) => name);
  return [
    "_finnhub_pipe() {",
    "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=",
    '  if [ "$COMP_CWORD" = 1 ]; then',
    `    words='${words(table)} --help --version'`,
    "  else",
    "    case ${COMP_WORDS[1]} in",
    ...table.map((role) => `      ${role.name}) words='${dashed(role)}' ;;`),
    `      help|config) words='${names.join(" ")}' ;;`,
    `      completion) words='${SHELLS.join(" ")}' ;;`,
    "    esac",
    "    # Behind a flag that takes a value, files are completed.",
    '    case "$before=" in',
    `      ${valued(table)}) [[ $word == -* ]] || words= ;;`,
    "    esac",
    "  fi",
    '  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")',
    "}",
    "complete -o default -F _finnhub_pipe finnhub-pipe ./finnhub-pipe",
  ].join("\n");
}

/** Patterns of the flags that take a value. */
function valued(table: Table): string {
  const flags = new Set(
    table.flatMap(({ flags }) => flags.filter(({ valued }) => valued).map(({ name }) => name)),
  );
  return [...flags].map((flag) => `--${flag}=`).join("|");
}

function zsh(table: Table): string {
  const described = (flag: Flag) =>
    `'--${flag.name}[${quoted(flag.meaning).replace(/[[\]\\:]/g, "\\$&")}]${
      flag.valued ? ":value:_files" : ""
    }'`;
  return [
    "#compdef finnhub-pipe",
    "_finnhub_pipe() {",
    "  local -a roles",
    "  roles=(",
    ...table.map(({ name, summary }) => `    '${name}:${quoted(summary)}'`),
    ...OTHER_WORDS.map((word) => `    '${word}'`),
    "  )",
    "  if (( CURRENT == 2 )); then _describe role roles; return; fi",
    "  local role=$words[2]",
    "  shift words; (( CURRENT-- ))",
    "  case $role in",
    ...table.map(({ flags, name }) =>
      `    ${name}) _arguments ${flags.map(described).join(" ")} '*:file:_files' ;;`
    ),
    `    help|config) _values role ${table.map(({ name }) => name).join(" ")} ;;`,
    `    completion) _values shell ${SHELLS.join(" ")} ;;`,
    "  esac",
    "}",
    "compdef _finnhub_pipe finnhub-pipe",
  ].join("\n");
}

function fish(table: Table): string {
  const begin = "complete -c finnhub-pipe";
  return [
    `${begin} -n __fish_use_subcommand -f`,
    ...table.map(({ name, summary }) =>
      `${begin} -n __fish_use_subcommand -a ${name} -d '${quoted(summary)}'`
    ),
    ...OTHER_WORDS.map((word) => `${begin} -n __fish_use_subcommand -a ${word}`),
    ...table.flatMap(({ flags, name }) =>
      flags.map((flag) =>
        `${begin} -n '__fish_seen_subcommand_from ${name}' -l ${flag.name}${flag.valued ? " -r" : ""} -d '${
          quoted(flag.meaning)
        }'`
      )
    ),
    `${begin} -n '__fish_seen_subcommand_from help config' -f -a '${
      table.map(({ name }) => name).join(" ")
    }'`,
    `${begin} -n '__fish_seen_subcommand_from completion' -f -a '${SHELLS.join(" ")}'`,
  ].join("\n");
}

/** A text within single quotes, in which a quote would end them. */
const quoted = (text: string): string => text.replaceAll("'", "’");
