import { assert, assertEquals } from "@std/assert";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";
import { measureProcess } from "../../../src/telemetry/process_metrics.ts";
import { metricSum } from "../../../src/telemetry/read_metrics.ts";
import { readMetrics } from "../../metrics_table.ts";

Deno.test("a process says what it uses, by Prometheus' standard names", () => {
  const registry = new MetricRegistry();
  measureProcess(registry);
  const first = registry.text();
  assertEquals(readMetrics(first).map(({ name, type }) => `${name} ${type}`), [
    "process_cpu_seconds_total counter",
    "process_resident_memory_bytes gauge",
    "process_heap_bytes gauge",
    "process_start_time_seconds gauge",
  ]);
  const heap = metricSum(first, "process_heap_bytes");
  assert(heap > 1e6 && metricSum(first, "process_resident_memory_bytes") > heap, first);
  const started = metricSum(first, "process_start_time_seconds");
  assert(started > 1.7e9 && started <= Date.now() / 1000, String(started));
  const kept = Array.from({ length: 200_000 }, (_, i) => ({ i }));
  const second = registry.text();
  assert(metricSum(second, "process_heap_bytes") > heap + 16 * kept.length);
  assert(metricSum(second, "process_cpu_seconds_total") > metricSum(first, "process_cpu_seconds_total"));
});
