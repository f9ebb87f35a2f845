import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ClusterError, type KubernetesObject } from "../../../src/kubernetes/cluster.ts";
import { Operator } from "../../../src/operator/operator.ts";
import type { PipelineStatus } from "../../../src/operator/pipeline.ts";
import { NO_LIMITS } from "../../../src/operator/reconcile/limits.ts";
import { operatorMetrics } from "../../../src/operator/status/metrics.ts";
import { createLogger } from "../../../src/telemetry/log.ts";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";
import { FakeTime } from "../finnhub/fake_time.ts";
import { FakeCluster } from "../kubernetes/fake_cluster.ts";

/** The status that stands there when the test begins. */
const READY = {
  type: "Ready",
  status: "True",
  reason: "AllReady",
  message: "",
  lastTransitionTime: "2026-01-01T00:00:00Z",
  observedGeneration: 1,
};

/** An operator that runs on a fake server for one Pipeline that was ready. */
async function setUp(spoil: (server: FakeCluster) => void) {
  const time = new FakeTime();
  const stop = new AbortController();
  const server = new FakeCluster();
  await server.create({
    apiVersion: "finnhub-pipe.dev/v1alpha1",
    kind: "Pipeline",
    metadata: { name: "pipeline", namespace: "trades", generation: 1 },
    spec: {},
    status: { conditions: [READY] },
  });
  spoil(server);
  const registry = new MetricRegistry();
  const operator = new Operator({
    cluster: server,
    namespace: "trades",
    registry,
    metrics: operatorMetrics(registry),
    log: createLogger({ level: "error", format: "text", write: () => {}, now: () => 0 }),
    wallClock: () => Date.parse("2026-01-02T00:00:00Z") + time.now,
    now: () => time.now,
    random: () => 0.5,
    randomBytes: (length) => new Uint8Array(length),
    limits: NO_LIMITS,
    platform: "kubernetes",
    imageRegistry: undefined,
    lag: () => undefined,
    resync: 180_000,
    signal: stop.signal,
  });
  const running = operator.run(stop.signal).catch((error) => {
    if (!stop.signal.aborted) throw error;
  });
  const objects = (kind: string) => [...server.objects.values()].filter((object) => object.kind === kind);
  return {
    time,
    server,
    objects,
    condition: (type: string) => {
      const { conditions } = objects("Pipeline")[0]!.status as PipelineStatus;
      return conditions!.find((each) => each.type === type);
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await time.advance(1000);
      await running;
      assertEquals(time.pending, 0);
      time[Symbol.dispose]();
    },
  };
}

const refuse = (status: number) => {
  throw new ClusterError("the server says no", { status, reason: "Test" });
};
const told = (events: KubernetesObject[]) => events.filter(({ reason }) => reason === "NotRun").length;

Deno.test("passes that end by an error show in the status once that has lasted, and no longer when they succeed", async () => {
  for (const what of ["apply Service", "get Secret", "create Secret"]) {
    let wrong = true;
    await using stage = await setUp((server) => {
      server.before = (verb, about) => wrong && `${verb} ${about}`.startsWith(what) ? refuse(503) : undefined;
      if (what.startsWith("apply")) {
        server.before = (verb, about) => wrong && `${verb} ${about}`.startsWith(what) ? refuse(0) : undefined;
      }
    });
    await stage.time.advance(20_000);
    assertEquals(stage.condition("Ready")?.status, "True", what);
    await stage.time.advance(40_000);
    const { message, reason, status } = stage.condition("Ready")!;
    assertEquals([status, reason], ["False", "PassFailed"], what);
    assertStringIncludes(message, "the server says no");
    assertEquals(stage.condition("Degraded")?.status, "True");
    await stage.time.advance(300_000);
    assertEquals(told(stage.objects("Event")), 1, what);
    wrong = false;
    await stage.time.advance(60_000);
    assert(stage.condition("Ready")?.reason !== "PassFailed", what);
    assertEquals(stage.condition("Degraded")?.status, "False", what);
  }
});

Deno.test("an operator that cannot see a kind does nothing, and says which in the status", async () => {
  let wrong = true;
  await using stage = await setUp((server) => {
    server.before = (verb, about) =>
      wrong && verb === "list" && about === "CronJob" ? refuse(403) : undefined;
  });
  await stage.time.advance(70_000);
  assertEquals(stage.condition("Ready")?.status, "False");
  assertStringIncludes(stage.condition("Degraded")!.message, "CronJob: the server says no");
  assertEquals(stage.objects("StatefulSet"), []);
  wrong = false;
  await stage.time.advance(120_000);
  assert(!stage.condition("Degraded")!.message.includes("CronJob"));
  assert(stage.objects("StatefulSet").length > 0);
});

Deno.test("an operator whose watch is refused later says so, and forgets it when it sees again", async () => {
  let wrong = false;
  await using stage = await setUp((server) => {
    server.before = (verb, about) => wrong && verb === "list" && about === "Pod" ? refuse(403) : undefined;
  });
  await stage.time.advance(10_000);
  wrong = true;
  stage.server.endWatches(new ClusterError("gone", { status: 410, reason: "Expired" }));
  await stage.time.advance(90_000);
  assertStringIncludes(stage.condition("Degraded")!.message, "what is known of the cluster is old: Pod:");
  wrong = false;
  await stage.time.advance(120_000);
  assert(!stage.condition("Degraded")!.message.includes("is old"));
});

Deno.test("one Pipeline's failure does not keep another from being told", async () => {
  await using stage = await setUp((server) => {
    server.before = (verb, about) => verb === "get" && about.startsWith("Secret") ? refuse(500) : undefined;
  });
  await stage.server.create({
    apiVersion: "finnhub-pipe.dev/v1alpha1",
    kind: "Pipeline",
    metadata: { name: "second", namespace: "trades", generation: 1 },
    spec: {},
  });
  await stage.time.advance(5_000);
  const second = stage.objects("Pipeline")[1]!.status as PipelineStatus;
  assertStringIncludes(JSON.stringify(second.conditions), "already runs Pipeline pipeline");
});

Deno.test("alerts and scraping are made when the cluster gets their kinds, set right, and forgotten when it loses them", async () => {
  const GROUP = "monitoring.coreos.com";
  await using stage = await setUp(() => {});
  await stage.time.advance(40_000);
  assertEquals(stage.objects("PrometheusRule"), []);
  stage.server.groups.add(GROUP);
  await stage.time.advance(70_000);
  const [rule] = stage.objects("PrometheusRule");
  assertEquals([rule?.metadata.name, stage.objects("ServiceMonitor").length], ["finnhub-pipe-monitoring", 1]);
  const ref = { ...rule!, ...rule!.metadata };
  await stage.server.delete(ref);
  await stage.time.advance(10_000);
  assertEquals(stage.objects("PrometheusRule").length, 1);
  const applies = () =>
    stage.server.calls.filter((call) => /^apply (PrometheusRule|ServiceMonitor)/.test(call)).length;
  const before = applies();
  stage.server.groups.delete(GROUP);
  await stage.time.advance(300_000);
  assertEquals(applies(), before);
  assert(!JSON.stringify(stage.objects("Pipeline")[0]!.status).includes("monitoring"));
});
