import type { Counter, Gauge, Histogram, MetricRegistry } from "../../telemetry/metrics.ts";

export interface OperatorMetrics {
  passes: Counter;
  duration: Histogram;
  errors: Counter;
  repairs: Counter;
  /** 1 while a component is ready, else 0; no series while it is off. */
  componentReady: Gauge;
  /** Objects that wait for another attempt. */
  failing: Gauge;
  /** When certificates are renewed, seconds since the epoch; no series without any. */
  renewal: Gauge;
}

const DURATION_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function operatorMetrics(registry: MetricRegistry): OperatorMetrics {
  const name = (rest: string) => `finnhub_pipe_operator_${rest}`;
  return {
    passes: registry.counter(name("reconcile_total"), "Passes over the Pipeline"),
    duration: registry.histogram(name("reconcile_seconds"), "Duration of a pass", DURATION_BOUNDS),
    errors: registry.counter(
      name("errors_total"),
      "Failures, by the kind of object that could not be applied",
    ),
    componentReady: registry.gauge(name("component_ready"), "1 while a component is ready, by component"),
    failing: registry.gauge(
      name("failing_objects"),
      "Objects that the server did not take, waiting for another attempt",
    ),
    renewal: registry.gauge(
      name("certificate_renewal_timestamp_seconds"),
      "When the first of the servers' certificates is renewed; no series without TLS",
    ),
    repairs: registry.counter(
      name("drift_repairs_total"),
      "Objects that another hand changed and that were set right, by kind",
    ),
  };
}
