import type { MetricRegistry } from "../telemetry/metrics.ts";

/** Registers what the publisher counts. */
export function publisherMetrics(registry: MetricRegistry, pending: () => number) {
  const name = (suffix: string) => `finnhub_pipe_producer_${suffix}`;
  registry.gaugeOf(name("buffered_trades"), "Trades that wait for the log", pending);
  return {
    tradesIn: registry.counter(name("trades_in_total"), "Trades received from the feed"),
    tradesOut: registry.counter(name("trades_out_total"), "Trades acknowledged by the log"),
    shed: registry.counter(
      name("trades_shed_total"),
      "Trades dropped, oldest first, because the buffer was full",
    ),
    rejected: registry.counter(
      name("trades_rejected_total"),
      "Trades dropped because they cannot be encoded, or the log refuses their message even alone",
    ),
    bytes: registry.counter(name("bytes_out_total"), "Bytes of message values acknowledged by the log"),
    messages: registry.counter(name("messages_total"), "Messages acknowledged by the log"),
    sendSeconds: registry.histogram(
      name("send_seconds"),
      "Time of one request to the log, repeats included",
    ),
  };
}
