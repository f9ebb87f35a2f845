import { anyText, boolean, duration, listenAddress, oneOf, optional } from "./parsers.ts";
import { setting, type Values } from "./setting.ts";

/** Settings of single commands and of every role. */
export const commonSettings = {
  printSetup: setting({
    flag: "print",
    env: "SETUP_PRINT",
    default: "false",
    meaning:
      "Print what an administrator would run in setup's place, with kafka-topics.sh and cqlsh, and connect to nothing",
    parse: boolean,
  }),
  setupWait: setting({
    flag: "wait",
    env: "SETUP_WAIT",
    default: "120s",
    meaning: "How long to wait for Kafka and Cassandra",
    parse: duration,
  }),
  httpListen: setting({
    flag: "http-listen",
    env: "HTTP_LISTEN",
    default: "127.0.0.1:8080",
    defaults: {
      producer: "127.0.0.1:8081",
      processor: "127.0.0.1:8082",
      simulator: "127.0.0.1:8083",
      operator: "127.0.0.1:8084",
    },
    meaning: "Where /healthz, /readyz and /metrics are served",
    parse: listenAddress,
  }),
  json: setting({
    flag: "json",
    env: "TICKERS_JSON",
    default: "false",
    meaning: "Print JSON in place of a table",
    parse: boolean,
  }),
  configFile: setting({
    flag: "config",
    env: "FINNHUB_PIPE_CONFIG",
    default: "",
    meaning: "File with settings, YAML or JSON, by variable or flag; flags and variables win over it",
    parse: optional(anyText),
  }),
  logLevel: setting({
    flag: "log-level",
    env: "LOG_LEVEL",
    default: "info",
    meaning: "Lowest severity to log: debug, info, warn or error",
    parse: oneOf("debug", "info", "warn", "error"),
  }),
  color: setting({
    flag: "color",
    env: "FINNHUB_PIPE_COLOR",
    default: "auto",
    meaning: "Colour of help and text logs: auto (on a terminal, unless NO_COLOR is set), always or never",
    parse: oneOf("auto", "always", "never"),
  }),
  logFormat: setting({
    flag: "log-format",
    env: "LOG_FORMAT",
    default: "auto",
    meaning: "json, text, or auto: text on a terminal, else json",
    parse: oneOf("auto", "json", "text"),
  }),
};

/** What every role has. */
export const COMMON = [
  "configFile",
  "logLevel",
  "logFormat",
  "color",
] as const satisfies (keyof typeof commonSettings)[];

export type CommonSettings = Values<typeof commonSettings, typeof COMMON[number]>;
