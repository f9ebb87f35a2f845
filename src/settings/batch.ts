import {
  anyText,
  boolean,
  duration,
  oneOf,
  optional,
  symbolList,
  timeOrAge,
  wholeNumber,
} from "./parsers.ts";
import { FILLS } from "../market/fill.ts";
import { SESSION_QUESTIONS } from "../market/calendar/calendar_file.ts";
import { ALL_INTERVALS } from "../market/series.ts";
import { setting } from "./setting.ts";

/** Settings of the batch layer. */
export const batchSettings = {
  batchFrom: setting({
    flag: "from",
    env: "BATCH_FROM",
    default: "",
    meaning: "Start: a UTC time such as 2026-01-31 or 2026-01-31T14:30Z, or how long ago, such as 26h",
    parse: optional(timeOrAge),
  }),
  batchTo: setting({
    flag: "to",
    env: "BATCH_TO",
    default: "now",
    meaning: "End, not included, in the same forms",
    parse: timeOrAge,
  }),
  batchSymbols: setting({
    flag: "symbols",
    env: "BATCH_SYMBOLS",
    default: "",
    meaning: "Symbols; all that are stored when empty",
    parse: optional(symbolList),
  }),
  check: setting({
    flag: "check",
    env: "BACKFILL_CHECK",
    default: "false",
    meaning: "Compare candles and averages with the raw trades and write nothing, as without --repair",
    parse: boolean,
  }),
  repair: setting({
    flag: "repair",
    env: "BACKFILL_REPAIR",
    default: "false",
    meaning: "Write anew what differs from the raw trades",
    parse: boolean,
  }),
  shrink: setting({
    flag: "shrink",
    env: "BACKFILL_SHRINK",
    default: "false",
    meaning: "Let --repair also take trades away from rows that hold more than the raw trades",
    parse: boolean,
  }),
  importFile: setting({
    flag: "import",
    env: "BACKFILL_IMPORT",
    default: "",
    meaning: "File of trades to store first: Finnhub's frames, one a line, or .csv; either may end in .gz",
    parse: optional(anyText),
  }),
  fromFeed: setting({
    flag: "from-feed",
    env: "BACKFILL_FROM_FEED",
    default: "false",
    meaning:
      "Fetch from Finnhub's REST API what gaps of the feed lack, as far as the token's plan has it, and store it",
    parse: boolean,
  }),
  stateFile: setting({
    flag: "state",
    env: "BACKFILL_STATE",
    default: "",
    meaning: "File that remembers how far a run came; the same command goes on there",
    parse: optional(anyText),
  }),
  settle: setting({
    flag: "settle",
    env: "BACKFILL_SETTLE",
    default: "3s",
    meaning:
      "A difference counts when it is still there after this time; 0 where no processor runs and all messages are read",
    parse: duration,
  }),
  parallel: setting({
    flag: "parallel",
    env: "BACKFILL_PARALLEL",
    default: "4",
    meaning: "Hours of a symbol that are read at once",
    parse: wholeNumber(1, 64),
  }),
  maxTrades: setting({
    flag: "max-trades",
    env: "BACKFILL_MAX_TRADES",
    default: "2000000",
    meaning:
      "Most trades of one symbol and hour, 42 bytes each in memory; a larger hour is passed over and said so",
    parse: wholeNumber(1, 100_000_000),
  }),
  reportLines: setting({
    flag: "report",
    env: "BACKFILL_REPORT",
    default: "100",
    meaning: "Most differences, and most bad lines of a file, that are printed; all are counted",
    parse: wholeNumber(0, 10_000_000),
  }),
  exportWhat: setting({
    flag: "what",
    env: "EXPORT_WHAT",
    default: "trades",
    meaning: "What to export: trades, candles, averages, bars (the first of BARS) or gaps of the feed",
    parse: oneOf("trades", "candles", "averages", "bars", "gaps"),
  }),
  exportInterval: setting({
    flag: "interval",
    env: "EXPORT_INTERVAL",
    default: "1m",
    meaning: `Interval of the candles: ${ALL_INTERVALS.join(", ")}; days and weeks are those of the exchange`,
    parse: oneOf(...ALL_INTERVALS),
  }),
  exportSession: setting({
    flag: "session",
    env: "EXPORT_SESSION",
    default: "all",
    meaning:
      "Which part of the exchange's day the candles are of: all, pre, regular, post, or each of these by itself",
    parse: oneOf(...SESSION_QUESTIONS),
  }),
  exportFill: setting({
    flag: "fill",
    env: "EXPORT_FILL",
    default: "none",
    meaning:
      "What stands for an interval in which nobody traded: none, a candle of the previous close without volume, or null, one without numbers (ndjson and csv)",
    parse: oneOf(...FILLS),
  }),
  exportFormat: setting({
    flag: "format",
    env: "EXPORT_FORMAT",
    default: "ndjson",
    meaning: "ndjson, csv, avro (a container file with the schemas of schemas/) or parquet",
    parse: oneOf("ndjson", "csv", "avro", "parquet"),
  }),
  rawCsv: setting({
    flag: "raw-csv",
    env: "EXPORT_RAW_CSV",
    default: "false",
    meaning: "Write CSV for programs: no apostrophe before what a spreadsheet would run as a formula",
    parse: boolean,
  }),
  exportFile: setting({
    flag: "out",
    env: "EXPORT_OUT",
    default: "",
    meaning:
      "File to write, which appears under its name when it is whole; with a slash at its end a folder for Parquet by symbol and day; standard output when empty",
    parse: optional(anyText),
  }),
};
