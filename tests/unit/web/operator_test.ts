import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { OperatorStatus } from "../../../src/operator/status/operator_status.ts";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";
import { operatorApp } from "../../../src/web/operator.ts";

const STATUS: OperatorStatus = {
  leader: true,
  conditions: [],
  components: [],
  doing: ["kafka is at work"],
  events: [],
};

function setUp() {
  const stop = new AbortController();
  let reasons: string[] = [];
  const app = operatorApp({
    script: "1",
    status: () => STATUS,
    async *changes() {
      yield STATUS;
      await Promise.resolve();
    },
    registry: new MetricRegistry(),
    ready: () => reasons,
    hosts: { hostname: "127.0.0.1", allowed: [] },
    signal: stop.signal,
  });
  return { app, stop, notReady: (...now: string[]) => reasons = now };
}

Deno.test("operator: probes, metrics and the status as JSON", async () => {
  const { app, notReady } = setUp();
  assertEquals((await app.request("/healthz")).status, 200);
  notReady("Pod: no answer");
  const ready = await app.request("/readyz");
  assertEquals([ready.status, await ready.text()], [503, "not ready: Pod: no answer\n"]);
  assertStringIncludes(
    await (await app.request("/metrics")).text(),
    "finnhub_pipe_operator_page_clients 0\n",
  );
  const status = await app.request("/status");
  assertEquals([await status.json(), status.headers.get("cache-control")], [STATUS, "no-store"]);
});

Deno.test("operator: a browser that has a file of the page is told that it is the same", async () => {
  const { app } = setUp();
  for (const path of ["/", "/page.css", "/page.js", "/icon.svg"]) {
    const tag = (await app.request(path)).headers.get("etag")!;
    const again = await app.request(path, { headers: { "if-none-match": tag } });
    assertEquals([again.status, await again.text()], [304, ""], path);
    assertEquals((await app.request(path, { headers: { "if-none-match": 'W/"other"' } })).status, 200);
  }
});

Deno.test("operator: the page is served with a policy that allows nothing inline and no other host", async () => {
  const { app } = setUp();
  const types = {
    "/": "text/html",
    "/page.css": "text/css",
    "/page.js": "text/javascript",
    "/icon.svg": "image/svg+xml",
  };
  for (const [path, type] of Object.entries(types)) {
    const { headers, status } = await app.request(path);
    assertEquals([status, headers.get("content-type")], [200, `${type}; charset=utf-8`]);
    const policy = headers.get("content-security-policy")!;
    assertStringIncludes(policy, "default-src 'none'; script-src 'self'; style-src 'self'");
    assert(!policy.includes("unsafe") && !policy.includes("*"), policy);
    assertEquals([headers.get("x-frame-options"), headers.get("x-content-type-options")], [
      "DENY",
      "nosniff",
    ]);
  }
});

Deno.test("operator: events start with the status, and there are none once it stops", async () => {
  const { app, stop } = setUp();
  const response = await app.request("/events");
  assertEquals(response.headers.get("content-type"), "text/event-stream");
  assertStringIncludes(response.headers.get("content-security-policy")!, "default-src 'none'");
  const text = await response.text();
  assertEquals(text, `retry: 2000\n\nevent: status\ndata: ${JSON.stringify(STATUS)}\n\n`);
  stop.abort();
  assertEquals((await app.request("/events")).status, 503);
});

Deno.test("operator: a foreign Host gets 421 from page, status and events, and the probes answer", async () => {
  const { app } = setUp();
  const status = async (path: string, host: string) => {
    const response = await app.request(path, { headers: { host } });
    await response.body?.cancel();
    return response.status;
  };
  for (const path of ["/", "/status", "/events"]) assertEquals(await status(path, "evil.example"), 421, path);
  assertEquals([await status("/", "localhost:8081"), await status("/readyz", "10.1.2.3:8081")], [200, 200]);
});
