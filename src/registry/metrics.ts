import type { MetricRegistry } from "../telemetry/metrics.ts";

export type RegistryMetrics = ReturnType<typeof registryMetrics>;

/** Registers what is counted of the talk with a schema registry. */
export function registryMetrics(registry: MetricRegistry) {
  const name = (suffix: string) => `finnhub_pipe_registry_${suffix}`;
  return {
    requests: registry.counter(name("requests_total"), "Requests to the schema registry"),
    failures: registry.counter(
      name("failures_total"),
      "Requests to the schema registry that it did not answer, or not as one does; they are repeated",
    ),
  };
}
