import type { MetricRegistry } from "../telemetry/metrics.ts";

export type FeedMetrics = ReturnType<typeof feedMetrics>;

/** Registers what the feed counts. */
export function feedMetrics(registry: MetricRegistry) {
  const name = (suffix: string) => `finnhub_pipe_feed_${suffix}`;
  return {
    frames: registry.counter(name("frames_total"), "Frames received"),
    bytes: registry.counter(name("bytes_total"), "Characters of text frames received"),
    pings: registry.counter(name("pings_total"), "Pings received"),
    reconnects: registry.counter(
      name("reconnects_total"),
      "Connections that ended or failed and were tried again",
    ),
    gapSeconds: registry.counter(
      name("gap_seconds_total"),
      "Time between the last frame before a loss and the next",
    ),
    junk: registry.counter(name("junk_frames_total"), "Frames that are not of the protocol"),
    malformed: registry.counter(
      name("malformed_trades_total"),
      "Entries of trade frames that are not trades",
    ),
    unsubscribed: registry.counter(
      name("unsubscribed_trades_total"),
      "Trades of symbols that nobody subscribed to, dropped",
    ),
    droppedCodes: registry.counter(
      name("dropped_codes_total"),
      "Condition codes dropped because they are too long, too many or no text; their trades are kept",
    ),
    refused: registry.gauge(name("refused_symbols"), "Symbols that the feed does not take at present"),
    refusedSymbol: registry.gauge(
      name("symbol_refused"),
      "1 for each symbol that the feed does not take at present, the first 50 of them",
    ),
    errors: registry.counter(name("errors_total"), "Errors that the feed reported"),
    connected: registry.gauge(name("connected"), "1 while connected and subscribed"),
  };
}
