import { assertEquals } from "@std/assert";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";
import { metricLabels, metricSum } from "../../../src/telemetry/read_metrics.ts";

Deno.test("what a registry writes is read back: sums over labels, and the labels themselves", () => {
  const registry = new MetricRegistry();
  const gauge = registry.gauge("refused", "Refused symbols");
  const symbols = ["A", 'quote "', "back \\ slash", "new\nline", "IC MARKETS:1", "a}b"];
  for (const symbol of symbols) gauge.set(2, { symbol });
  registry.gauge("refused_symbols", "How many").set(6);
  const text = registry.text();
  assertEquals(metricLabels(text, "refused", "symbol").sort(), symbols.sort());
  assertEquals(metricLabels(text, "refused", "other"), []);
  assertEquals(metricLabels("", "refused", "symbol"), []);
  assertEquals([metricSum(text, "refused_symbols"), metricSum(text, "none")], [6, 0]);
});
