import { assert, assertEquals } from "@std/assert";
import { feedMetrics } from "../../../src/finnhub/feed_metrics.ts";
import { TradePublisher } from "../../../src/publishing/trade_publisher.ts";
import { processorMetrics } from "../../../src/processing/processor_metrics.ts";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";
import { PIPELINE, queriesOf } from "../../grafana/dashboard.ts";
import { silent } from "../processing/fakes.ts";

/** Everything that a producer and a processor serve, with the types. */
function servedMetrics(): Map<string, string> {
  const registry = new MetricRegistry();
  processorMetrics(registry);
  feedMetrics(registry);
  new TradePublisher({
    topic: "t",
    bufferTrades: 1,
    send: () => Promise.resolve(),
    registry,
    log: silent,
    clock: () => 0,
  });
  return new Map(
    [...registry.text().matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]),
  );
}

Deno.test("the pipeline dashboard asks for metrics that the roles serve, counters by their rate", () => {
  const served = servedMetrics();
  const queries = queriesOf(PIPELINE).filter((query) => query.includes("finnhub_pipe_"));
  assert(queries.length > 10);
  for (const query of queries) {
    const names = [...query.matchAll(/finnhub_pipe_\w+/g)].map(([name]) => name);
    assertEquals(names.length, 1, query);
    const name = names[0]!;
    const type = served.get(name.replace(/_bucket$/, ""));
    assertEquals(type === "histogram", name.endsWith("_bucket"), query);
    assert(type !== undefined, `${name} is served by no role`);
    assertEquals(type !== "gauge", /\b(rate|increase)\(/.test(query), query);
  }
});

Deno.test("the pipeline dashboard says what to do without a Prometheus", () => {
  const [first] = PIPELINE.panels as unknown as [{ type: string; options: { content: string } }];
  assertEquals(first.type, "text");
  assert(first.options.content.includes("Prometheus"));
});
