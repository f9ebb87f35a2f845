import type { Counter, Histogram, MetricRegistry } from "../telemetry/metrics.ts";

export interface OperatorMetrics {
  passes: Counter;
  duration: Histogram;
  errors: Counter;
  repairs: Counter;
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
    repairs: registry.counter(
      name("drift_repairs_total"),
      "Objects that another hand changed and that were set right, by kind",
    ),
  };
}
