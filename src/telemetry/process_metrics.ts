import process from "node:process";
import type { MetricRegistry } from "./metrics.ts";

/**
 * What the process uses, by the names that Prometheus gives to them in all languages:
 * https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics
 */
export function measureProcess(registry: MetricRegistry): void {
  const started = (performance.timeOrigin / 1000).toFixed(3);
  registry.counterOf("process_cpu_seconds_total", "CPU time of user and system, seconds", () => {
    const { system, user } = process.cpuUsage();
    return (system + user) / 1_000_000;
  });
  registry.gaugeOf("process_resident_memory_bytes", "Resident memory", () => Deno.memoryUsage().rss);
  registry.gaugeOf(
    "process_heap_bytes",
    "Memory that values of the program take",
    () => Deno.memoryUsage().heapUsed,
  );
  registry.gaugeOf("process_start_time_seconds", "Start, in seconds since the epoch", () => Number(started));
}
