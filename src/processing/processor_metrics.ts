import type { MetricRegistry } from "../telemetry/metrics.ts";
import { secondsSince } from "../market/message_time.ts";
import type { Decoded } from "./decode.ts";
import type { TradeRow } from "./ports.ts";

export type ProcessorMetrics = ReturnType<typeof processorMetrics>;

/** Registers what a processor counts. */
export function processorMetrics(registry: MetricRegistry) {
  const name = (suffix: string) => `finnhub_pipe_processor_${suffix}`;
  return {
    messages: registry.counter(name("messages_total"), "Messages read"),
    bytes: registry.counter(name("bytes_total"), "Bytes of message values read"),
    tradesIn: registry.counter(name("trades_in_total"), "Good trades read"),
    tradesOut: registry.counter(name("trades_out_total"), "Trades acknowledged by the store"),
    windowsOut: registry.counter(name("window_rows_total"), "Candles and averages acknowledged by the store"),
    spanRows: registry.counter(
      name("feed_rows_total"),
      "Rows of feed_gaps (kind gap) and feed_follows (kind followed) acknowledged by the store",
    ),
    windowsRead: registry.counter(name("windows_read_back_total"), "Windows read back from the store"),
    rejected: registry.counter(name("trades_rejected_total"), "Bad trades in messages that could be decoded"),
    droppedCodes: registry.counter(
      name("dropped_codes_total"),
      "Condition codes of good trades that are too many, too long or no text; their trades are kept",
    ),
    unknownConditions: registry.counter(
      name("unknown_conditions_total"),
      "Sale conditions that the table of conditions does not know: they count as regular sales",
    ),
    deadLetters: registry.counter(name("dead_letters_total"), "Messages sent to the dead-letter topic"),
    lettersWaiting: registry.gauge(
      name("dead_letters_waiting"),
      "Dead letters that their topic has not yet taken",
    ),
    lettersCut: registry.counter(
      name("dead_letters_cut_total"),
      "Dead letters of which only the beginning fits",
    ),
    lettersLost: registry.counter(name("dead_letters_lost_total"), "Dead letters that their topic refuses"),
    splitSymbols: registry.counter(
      name("split_symbols_total"),
      "Symbols that came in two partitions: their windows lack trades until they are repaired, some 20 s later",
    ),
    splitRepairs: registry.counter(
      name("split_repairs_total"),
      "Windows of symbols in two partitions that were made right from the raw trades",
    ),
    lost: registry.counter(
      name("offsets_lost_total"),
      "Offsets that were gone from the log, by retention, before they were read",
    ),
    logCuts: registry.counter(
      name("log_cut_total"),
      "Times that a log ended before what was read of it: its brokers lost messages",
    ),
    foreign: registry.counter(
      name("foreign_windows_total"),
      "Windows that another partition wrote: a symbol came in two partitions",
    ),
    commits: registry.counter(name("commits_total"), "Offset commits"),
    rebalances: registry.counter(name("rebalances_total"), "Assignments of partitions"),
    lag: registry.gauge(name("lag"), "Messages not yet processed, by partition"),
    windows: registry.gauge(name("windows"), "Windows in memory"),
    writeLatency: registry.histogram(name("write_seconds"), "Time of one store write, repeats included"),
    latencyUnknown: registry.counter(
      name("latency_unknown_total"),
      "Stored trades whose message has no time, or one of the future: latency_seconds lacks them",
    ),
    latency: registry.histogram(name("latency_seconds"), "From the producer's send to the stored row"),
  };
}

/** Counts what was read, and what of it is passed over. */
export function countDecoded(
  { bytes, deadLetters, droppedCodes, messages, rejected, tradesIn }: ProcessorMetrics,
  read: number,
  decoded: Decoded,
): void {
  messages.add(read);
  bytes.add(decoded.bytes);
  tradesIn.add(decoded.good);
  rejected.add(decoded.bad);
  droppedCodes.add(decoded.droppedCodes);
  deadLetters.add(decoded.letters.length);
}

/** Counts trades that the store has taken, and how long ago the producer took them. */
export function countStored(
  metrics: ProcessorMetrics,
  rows: readonly TradeRow[],
  acknowledged: number,
): void {
  metrics.tradesOut.add(rows.length);
  for (const { ingested } of rows) {
    const seconds = ingested === undefined ? undefined : secondsSince(ingested, acknowledged);
    if (seconds === undefined) metrics.latencyUnknown.add();
    else metrics.latency.observe(seconds);
  }
}
