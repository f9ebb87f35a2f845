import { parseArgs } from "@std/cli/parse-args";
import config from "../deno.json" with { type: "json" };
import { defaultText, isSwitch, readSettings, SettingError } from "./read_settings.ts";
import { type Setting, type SettingName, SETTINGS, type Settings } from "./settings.ts";
import type { Logger } from "./telemetry/log.ts";

/** What a role gets to run with; all that it may touch of the outside comes in here or through its settings. */
export interface RoleContext<K extends SettingName = SettingName> {
  settings: Pick<Settings, K>;
  /** Words after the role's name, such as the query of `tickers`. */
  words: string[];
  log: Logger;
  /** Aborted by SIGTERM and SIGINT: stop taking, flush, return. */
  signal: AbortSignal;
  /** Writes one line for the user (standard output); logs go elsewhere. */
  print(line: string): void;
}

/** A role of the executable. Its module is loaded only when it runs, so that no role pays for another's libraries. */
export interface Role {
  name: string;
  summary: string;
  /** Words that it takes, for its usage line; none when absent. */
  words?: string;
  settings: readonly SettingName[];
  /** What it does with files; most touch none but those that settings name, and lose the right to before they run. */
  files?: "reads" | "writes";
  /** Runs until done or stopped; resolves to the exit code. */
  run(context: RoleContext): Promise<number>;
}

const COMMON = ["logLevel", "logFormat"] as const satisfies SettingName[];
const TRACING = ["otlpEndpoint", "otlpHeaders", "traceRatio"] as const satisfies SettingName[];
const KAFKA = [
  "kafkaServer",
  "kafkaPort",
  "kafkaTls",
  "kafkaCaFile",
  "kafkaCertFile",
  "kafkaKeyFile",
  "kafkaSasl",
  "kafkaUser",
  "kafkaPassword",
  "kafkaTopic",
] as const satisfies SettingName[];
const CASSANDRA = [
  "cassandraHost",
  "cassandraPort",
  "cassandraTls",
  "cassandraCaFile",
  "cassandraCertFile",
  "cassandraKeyFile",
  "cassandraServerName",
  "cassandraUser",
  "cassandraPassword",
  "cassandraDatacenter",
  "cassandraKeyspace",
  "cassandraConsistency",
] as const satisfies SettingName[];

function role<K extends SettingName>(definition: {
  name: string;
  summary: string;
  words?: string;
  settings: readonly K[];
  files?: "reads" | "writes";
  load(): Promise<{ run(context: RoleContext<K>): Promise<number> }>;
}): Role {
  const { load, ...rest } = definition;
  return { ...rest, run: async (context) => (await load()).run(context) };
}

/** The roles, in the order of the data's way. */
export const ROLES: readonly Role[] = [
  role({
    name: "producer",
    summary: "Takes trades from Finnhub's websocket and writes them to Kafka as Avro",
    settings: [
      "finnhubWsUrl",
      "finnhubRestUrl",
      "finnhubApiToken",
      "tickers",
      "validateTickers",
      "feedIdleTimeout",
      "bufferTrades",
      ...KAFKA,
      "httpListen",
      ...TRACING,
      ...COMMON,
    ],
    load: () => import("./roles/producer.ts"),
  }),
  role({
    name: "processor",
    summary: "Reads trades from Kafka, makes candles and running averages, stores all in Cassandra",
    settings: [
      ...KAFKA,
      "kafkaGroup",
      ...CASSANDRA,
      "flushInterval",
      "sessionTimeout",
      "fetchWait",
      "fetchBytes",
      "batchRows",
      "maxWindows",
      "readyMaxLag",
      "httpListen",
      ...TRACING,
      ...COMMON,
    ],
    load: () => import("./roles/processor.ts"),
  }),
  role({
    name: "setup",
    summary: "Waits for Kafka and Cassandra, makes topics and tables, and ends; run again it changes nothing",
    settings: [
      ...KAFKA,
      "kafkaGroup",
      "kafkaPartitions",
      "kafkaReplication",
      "kafkaRetention",
      "raisePartitions",
      ...CASSANDRA,
      "cassandraReplication",
      "processorPassword",
      "dashboardPassword",
      "grafanaPassword",
      "tradesTtl",
      "windowsTtl",
      "setupWait",
      ...COMMON,
    ],
    load: () => import("./roles/setup.ts"),
  }),
  role({
    name: "operator",
    summary: "Runs the whole pipeline on a Kubernetes cluster, and keeps it as its Pipeline resource says",
    settings: [
      "operatorNamespace",
      "kubeconfig",
      "kubeContext",
      "pipelineFile",
      "dryRun",
      "once",
      "operatorDeadline",
      "httpListen",
      ...COMMON,
    ],
    files: "reads",
    load: () => import("./roles/operator.ts"),
  }),
  role({
    name: "simulator",
    summary: "Serves a websocket and REST API like Finnhub's: a replay or a synthetic market",
    settings: [
      "simulatorListen",
      "simulatorToken",
      "replay",
      "speed",
      "loop",
      "now",
      "symbols",
      "rate",
      "seed",
      "symbolLimit",
      "pingInterval",
      "misbehave",
      "misbehaveEvery",
      "httpListen",
      ...COMMON,
    ],
    files: "reads",
    load: () => import("./roles/simulator.ts"),
  }),
  role({
    name: "dashboard",
    summary: "Serves the live page over Kafka and Cassandra, and the JSON API behind it",
    settings: ["pageListen", "producerUrl", ...KAFKA, "kafkaGroup", ...CASSANDRA, ...COMMON],
    load: () => import("./roles/dashboard.ts"),
  }),
  role({
    name: "local",
    summary: "Runs the whole pipeline in this process, without any server, and shows it as a live page",
    settings: [
      "pageListen",
      "data",
      "keepTrades",
      "finnhubWsUrl",
      "finnhubRestUrl",
      "finnhubApiToken",
      "tickers",
      "feedIdleTimeout",
      "bufferTrades",
      "replay",
      "speed",
      "loop",
      "now",
      "symbols",
      "rate",
      "seed",
      ...COMMON,
    ],
    files: "writes",
    load: () => import("./roles/local.ts"),
  }),
  role({
    name: "backfill",
    summary:
      "Recomputes candles and averages from the raw trades: checks, repairs, imports history from a file",
    settings: [
      "batchFrom",
      "batchTo",
      "batchSymbols",
      "check",
      "repair",
      "shrink",
      "importFile",
      "stateFile",
      "settle",
      "parallel",
      "maxTrades",
      "reportLines",
      ...CASSANDRA,
      ...COMMON,
    ],
    files: "writes",
    load: () => import("./roles/backfill.ts"),
  }),
  role({
    name: "export",
    summary: "Writes stored trades, candles or averages to a file or to standard output",
    settings: [
      "batchFrom",
      "batchTo",
      "batchSymbols",
      "exportWhat",
      "exportInterval",
      "exportFormat",
      "exportFile",
      ...CASSANDRA,
      ...COMMON,
    ],
    files: "writes",
    load: () => import("./roles/export.ts"),
  }),
  role({
    name: "tickers",
    summary: "Searches Finnhub for symbols",
    words: "QUERY",
    settings: ["finnhubRestUrl", "finnhubApiToken", "json", ...COMMON],
    load: () => import("./roles/tickers.ts"),
  }),
  role({
    name: "doctor",
    summary: "Looks at feed, Kafka, Cassandra, cluster and clocks, and says what is wrong and how to mend it",
    settings: [
      "checks",
      "connectFeed",
      "json",
      "finnhubWsUrl",
      "finnhubRestUrl",
      "finnhubApiToken",
      "tickers",
      ...KAFKA,
      "kafkaGroup",
      ...CASSANDRA,
      "operatorNamespace",
      "kubeconfig",
      "kubeContext",
      ...COMMON,
    ],
    files: "reads",
    load: () => import("./roles/doctor.ts"),
  }),
];

export const VERSION = config.version;

/** What the command line asks for. */
export type Command =
  | { kind: "print"; text: string }
  | { kind: "run"; role: Role; settings: Settings; words: string[] };

/**
 * Reads the command line and the environment.
 *
 * @throws {SettingError} for an unknown role or flag and for a bad value; the message is one line and says the remedy.
 */
export function readCommand(args: readonly string[], env: (name: string) => string | undefined): Command {
  const [first, ...rest] = args;
  if (first === undefined || first === "--help" || first === "-h" || first === "help") {
    return { kind: "print", text: generalHelp() };
  }
  if (first === "--version" || first === "-V") return { kind: "print", text: `finnhub-pipe ${VERSION}` };
  const chosen = ROLES.find((candidate) => candidate.name === first);
  if (!chosen) {
    const names = ROLES.map((candidate) => candidate.name).join(", ");
    throw new SettingError(`there is no role ${JSON.stringify(first.slice(0, 40))}; the roles are ${names}`);
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
      arg.startsWith("-") && arg !== "-" ? fail(`there is no flag ${arg.split("=")[0]}`) : true,
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
  if (words.length > 0 && role.words === undefined) fail(`${role.name} takes no ${JSON.stringify(words[0])}`);
  return { flags, words, help: parsed.help === true };
}

function generalHelp(): string {
  const width = Math.max(...ROLES.map((role) => role.name.length));
  return [
    "finnhub-pipe: live trades from Finnhub through Kafka into Cassandra, in one executable",
    "",
    "Usage: finnhub-pipe ROLE [flags]",
    "",
    "Roles:",
    ...ROLES.map((role) => `  ${role.name.padEnd(width)}  ${role.summary}`),
    "",
    "  finnhub-pipe ROLE --help   the role's settings",
    "  finnhub-pipe --version",
  ].join("\n");
}

function roleHelp(role: Role): string {
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
