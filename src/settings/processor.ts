import { positiveDuration, wholeNumber } from "./parsers.ts";
import { setting } from "./setting.ts";

/** Settings of the stream processor. */
export const processorSettings = {
  flushInterval: setting({
    flag: "flush-interval",
    env: "PROCESSOR_FLUSH_INTERVAL",
    default: "500ms",
    meaning: "Longest time a changed candle or average waits before it is written and offsets are committed",
    parse: positiveDuration,
  }),
  sessionTimeout: setting({
    flag: "session-timeout",
    env: "PROCESSOR_SESSION_TIMEOUT",
    default: "10s",
    meaning:
      "Silence after which the brokers give a processor's partitions to another (they may set a lower bound)",
    parse: positiveDuration,
  }),
  fetchWait: setting({
    flag: "fetch-wait",
    env: "PROCESSOR_FETCH_WAIT",
    default: "100ms",
    meaning: "Longest time a broker holds a fetch while there is nothing to read",
    parse: positiveDuration,
  }),
  fetchBytes: setting({
    flag: "fetch-bytes",
    env: "PROCESSOR_FETCH_BYTES",
    default: "131072",
    meaning: "Bytes read from one partition at a time",
    parse: wholeNumber(1024, 8_388_608),
  }),
  batchRows: setting({
    flag: "batch-rows",
    env: "PROCESSOR_BATCH_ROWS",
    default: "400",
    meaning: "Most rows in one write; all of one partition key",
    parse: wholeNumber(1, 5000),
  }),
  maxWindows: setting({
    flag: "max-windows",
    env: "PROCESSOR_MAX_WINDOWS",
    default: "100000",
    meaning:
      "Candles and averages held in memory, in equal parts for the partitions; the oldest are forgotten and read back when a late trade needs them",
    parse: wholeNumber(100, 10_000_000),
  }),
  readyMaxLag: setting({
    flag: "ready-max-lag",
    env: "PROCESSOR_READY_MAX_LAG",
    default: "30s",
    meaning: "Age of the oldest unprocessed message above which /readyz says no",
    parse: positiveDuration,
  }),
};
