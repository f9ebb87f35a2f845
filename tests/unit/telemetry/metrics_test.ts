import { assertEquals, assertThrows } from "@std/assert";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";

Deno.test("text() is the Prometheus format, with labels escaped and series in order of first use", () => {
  const registry = new MetricRegistry();
  const counter = registry.counter("a_total", "A");
  const gauge = registry.gauge("lag", "Lag");
  registry.gaugeOf("now", "Now", () => Infinity);
  assertEquals(
    registry.text().includes("a_total 0\n"),
    true,
    "a counter is there before its first increment",
  );
  counter.add();
  counter.add(2);
  gauge.set(5, { partition: "0" });
  gauge.set(6, { partition: 'odd "1"\n' });
  gauge.remove({ partition: "0" });
  assertEquals(
    registry.text(),
    "# HELP a_total A\n# TYPE a_total counter\na_total 3\n" +
      '# HELP lag Lag\n# TYPE lag gauge\nlag{partition="odd \\"1\\"\\n"} 6\n' +
      "# HELP now Now\n# TYPE now gauge\nnow +Inf\n",
  );
});

Deno.test("a histogram counts cumulatively and knows its quantiles", () => {
  const registry = new MetricRegistry();
  const histogram = registry.histogram("t_seconds", "T", [1, 2, 4]);
  assertEquals(histogram.quantile(0.5), 0);
  histogram.observe(1);
  histogram.observe(1.5, 2);
  histogram.observe(9);
  assertEquals(
    registry.text().split("\n").slice(2),
    [
      't_seconds_bucket{le="1"} 1',
      't_seconds_bucket{le="2"} 3',
      't_seconds_bucket{le="4"} 3',
      't_seconds_bucket{le="+Inf"} 4',
      "t_seconds_sum 13",
      "t_seconds_count 4",
      "",
    ],
  );
  assertEquals([histogram.quantile(0.25), histogram.quantile(0.5), histogram.quantile(1)], [1, 2, Infinity]);
});

Deno.test("a name can be registered only once", () => {
  const registry = new MetricRegistry();
  registry.counter("a", "A");
  assertThrows(() => registry.gauge("a", "A"), RangeError, "registered twice");
});

Deno.test("a histogram's sum never falls and is always a number", () => {
  const registry = new MetricRegistry();
  const histogram = registry.histogram("t_seconds", "T", [1]);
  for (const value of [0.5, -1, NaN, -Infinity, Infinity, 0]) histogram.observe(value, 2);
  assertEquals(
    registry.text().includes('t_seconds_bucket{le="+Inf"} 4\nt_seconds_sum 1\nt_seconds_count 4'),
    true,
  );
});
