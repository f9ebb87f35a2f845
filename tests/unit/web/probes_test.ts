import { assertEquals, assertStringIncludes } from "@std/assert";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";
import { probes } from "../../../src/web/probes.ts";

Deno.test("probes: alive at once, ready only without reasons against it, metrics as Prometheus text", async () => {
  const registry = new MetricRegistry();
  registry.counter("a_total", "A").add();
  let reasons = ["not connected"];
  const app = probes({ registry, notReady: () => reasons });
  assertEquals((await app.request("/healthz")).status, 200);
  const refused = await app.request("/readyz");
  assertEquals([refused.status, await refused.text()], [503, "not ready: not connected\n"]);
  reasons = [];
  assertEquals((await app.request("/readyz")).status, 200);
  const metrics = await app.request("/metrics");
  assertStringIncludes(metrics.headers.get("content-type")!, "text/plain");
  assertStringIncludes(await metrics.text(), "a_total 1\n");
});
