import {
  anyText,
  boolean,
  duration,
  durationUpTo,
  hostNames,
  listenAddress,
  optional,
  urlOf,
} from "./parsers.ts";
import { setting } from "./setting.ts";

/** Settings of the live page and of the pipeline in one process. */
export const localSettings = {
  pageListen: setting({
    flag: "listen",
    env: "DASHBOARD_LISTEN",
    default: "127.0.0.1:8080",
    meaning: "Where the live page, its API, /healthz, /readyz and /metrics are served",
    parse: listenAddress,
  }),
  open: setting({
    flag: "open",
    env: "LOCAL_OPEN",
    default: "false",
    meaning: "Open the page in the browser",
    parse: boolean,
  }),
  allowHost: setting({
    flag: "allow-host",
    env: "PAGE_ALLOW_HOST",
    default: "",
    meaning:
      "Names, such as page.example, that the page answers to beside loopback and its listen address; requests for others get 421",
    parse: (text) => text === "" ? [] : hostNames(text),
  }),
  producerUrl: setting({
    flag: "producer-url",
    env: "PRODUCER_URL",
    default: "",
    meaning:
      "Base address of the producer's HTTP server, such as http://127.0.0.1:8081, for the feed's state on the page",
    parse: optional(urlOf("http:", "https:")),
  }),
  data: setting({
    flag: "data",
    env: "LOCAL_DATA",
    default: "",
    meaning:
      "Folder that keeps log and tables: local makes it when it is missing, and keeps all in memory, gone at the end, when this is empty; backfill, export and doctor use it in place of Cassandra",
    parse: optional(anyText),
  }),
  history: setting({
    flag: "history",
    env: "LOCAL_HISTORY",
    default: "6h",
    meaning:
      "How much of a past the simulated market begins with where nothing is stored, up to 1d; 0 for none. There is none with a token or a recording",
    parse: durationUpTo("1d"),
  }),
  keepTrades: setting({
    flag: "keep-trades",
    env: "LOCAL_KEEP_TRADES",
    default: "6h",
    meaning: "How long raw trades are kept; 0 for ever",
    parse: duration,
  }),
  keepWindows: setting({
    flag: "keep-windows",
    env: "LOCAL_KEEP_WINDOWS",
    default: "30d",
    meaning: "How long candles and averages are kept, by the time of their symbol's newest one; 0 for ever",
    parse: duration,
  }),
  keepLetters: setting({
    flag: "keep-letters",
    env: "LOCAL_KEEP_LETTERS",
    default: "7d",
    meaning: "How long dead letters and refused rows are kept; 0 for ever",
    parse: duration,
  }),
};
