import type { Role, RoleContext } from "./role.ts";
import { ALERTS } from "../settings/alerts.ts";
import { CASSANDRA } from "../settings/cassandra.ts";
import { COMMON } from "../settings/common.ts";
import { FINNHUB } from "../settings/finnhub.ts";
import { KAFKA } from "../settings/kafka.ts";
import { REGISTRY } from "../settings/registry.ts";
import { MARKET } from "../settings/simulator.ts";
import { TRACING } from "../settings/tracing.ts";
import type { SettingName } from "../settings/settings.ts";

function role<K extends SettingName>(definition: {
  name: string;
  summary: string;
  words?: string;
  settings: readonly K[];
  files?: "reads" | "writes";
  runs?: true;
  runsFor?: NoInfer<K>;
  writesFor?: NoInfer<K>;
  /** What its module reads of the settings must be listed: a type error otherwise. */
  load(): Promise<{ run: (context: RoleContext<NoInfer<K>>) => Promise<number> }>;
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
      ...FINNHUB,
      "tickers",
      "validateTickers",
      "finnhubIdleTimeout",
      "bufferTrades",
      "spool",
      ...KAFKA,
      "kafkaTopic",
      "valueFormat",
      ...REGISTRY,
      "httpListen",
      ...TRACING,
      ...COMMON,
    ],
    writesFor: "spool",
    load: () => import("../roles/producer.ts"),
  }),
  role({
    name: "processor",
    summary: "Reads trades from Kafka, makes candles and running averages, stores all in Cassandra",
    settings: [
      ...KAFKA,
      "kafkaTopic",
      "kafkaGroup",
      ...REGISTRY,
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
    load: () => import("../roles/processor.ts"),
  }),
  role({
    name: "setup",
    summary: "Waits for Kafka and Cassandra, makes topics and tables, and ends; run again it changes nothing",
    settings: [
      ...KAFKA,
      "kafkaTopic",
      "kafkaGroup",
      "kafkaPartitions",
      "kafkaReplication",
      "kafkaRetention",
      "raisePartitions",
      ...CASSANDRA,
      "cassandraReplication",
      "cassandraVolumes",
      "makeLogins",
      "processorPassword",
      "dashboardPassword",
      "grafanaPassword",
      "tradesTtl",
      "windowsTtl",
      "setupWait",
      "printSetup",
      ...COMMON,
    ],
    load: () => import("../roles/setup.ts"),
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
      "printInstall",
      "defaultPipeline",
      "allowPlainFeed",
      "allowFeedHosts",
      "allowImages",
      "imageRegistry",
      "platform",
      "httpListen",
      "allowHost",
      ...COMMON,
    ],
    files: "reads",
    runs: true,
    load: () => import("../roles/operator.ts"),
  }),
  role({
    name: "simulator",
    summary: "Serves a websocket and REST API like Finnhub's: a replay or a synthetic market",
    settings: [
      "simulatorListen",
      "simulatorToken",
      ...MARKET,
      "symbolLimit",
      "pingInterval",
      "misbehave",
      "misbehaveEvery",
      "httpListen",
      ...COMMON,
    ],
    files: "reads",
    load: () => import("../roles/simulator.ts"),
  }),
  role({
    name: "dashboard",
    summary: "Serves the live page over Kafka and Cassandra, and the JSON API behind it",
    settings: [
      "pageListen",
      "allowHost",
      "producerUrl",
      ...ALERTS,
      ...KAFKA,
      "kafkaTopic",
      "kafkaGroup",
      ...REGISTRY,
      ...CASSANDRA,
      ...COMMON,
    ],
    load: () => import("../roles/dashboard.ts"),
  }),
  role({
    name: "local",
    summary: "Runs the whole pipeline in this process, without any server, and shows it as a live page",
    settings: [
      "pageListen",
      "open",
      "allowHost",
      "data",
      "history",
      "keepTrades",
      "keepWindows",
      "keepLetters",
      ...ALERTS,
      "finnhubWsUrl",
      ...FINNHUB,
      "tickers",
      "finnhubIdleTimeout",
      "bufferTrades",
      ...MARKET,
      ...COMMON,
    ],
    runsFor: "open",
    files: "writes",
    load: () => import("../roles/local.ts"),
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
      "data",
      "keepTrades",
      "keepWindows",
      ...CASSANDRA,
      ...COMMON,
    ],
    files: "writes",
    load: () => import("../roles/backfill.ts"),
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
      "exportFill",
      "exportFormat",
      "rawCsv",
      "exportFile",
      "data",
      ...CASSANDRA,
      ...COMMON,
    ],
    files: "writes",
    load: () => import("../roles/export.ts"),
  }),
  role({
    name: "tickers",
    summary: "Searches Finnhub for symbols",
    words: "QUERY",
    settings: [...FINNHUB, "json", ...COMMON],
    load: () => import("../roles/tickers.ts"),
  }),
  role({
    name: "doctor",
    summary:
      "Looks at feed, Kafka, schema registry, Cassandra, cluster and clocks, or at a folder of local, and says what is wrong and how to mend it",
    settings: [
      "checks",
      "data",
      "connectFeed",
      "json",
      "finnhubWsUrl",
      ...FINNHUB,
      "tickers",
      ...KAFKA,
      "kafkaTopic",
      "kafkaGroup",
      "kafkaReplication",
      "sessionTimeout",
      ...REGISTRY,
      ...CASSANDRA,
      "cassandraReplication",
      "operatorNamespace",
      "kubeconfig",
      "kubeContext",
      ...COMMON,
    ],
    files: "reads",
    writesFor: "data",
    load: () => import("../roles/doctor.ts"),
  }),
];
