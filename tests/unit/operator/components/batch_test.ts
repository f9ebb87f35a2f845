import { assertEquals, assertStringIncludes } from "@std/assert";
import { desiredState } from "../../../../src/operator/components/desired.ts";
import { componentStatus, type Pass } from "../../../../src/operator/status/component_status.ts";
import { type CronJob, isCronJob } from "../../../../src/operator/workload.ts";
import { cluster, environment, find, pipeline } from "../cluster_fake.ts";

const desired = (spec = {}) => desiredState(pipeline(spec), cluster());

Deno.test("the batch layer runs by its schedule, as far back and in the way that the spec says", () => {
  const spec = {
    schedule: "*/30 * * * 1-5",
    since: "2h",
    mode: "Check",
    resources: { limits: { memory: "1Gi" } },
  };
  const components = desired({
    batch: spec,
    images: { pipeline: "pipe:2" },
    cassandra: { keyspace: "other" },
  });
  const { schedule, jobTemplate } = (find(components, "CronJob/backfill") as CronJob).spec;
  const { metadata, spec: pod } = jobTemplate.spec.template;
  assertEquals([schedule, pod.containers[0].image], [spec.schedule, "pipe:2"]);
  // By which the network policies find its pods.
  assertEquals(metadata?.labels?.["app.kubernetes.io/name"], "batch");
  const of = environment({ ...find(components, "CronJob/backfill"), spec: jobTemplate.spec });
  assertEquals([of.BATCH_FROM, of.BACKFILL_REPAIR, of.CASSANDRA_KEYSPACE], ["2h", "false", "other"]);
  assertEquals((pod.containers[0].resources as { limits: { memory: string } }).limits.memory, "1Gi");
  assertStringIncludes(JSON.stringify(find(components, "NetworkPolicy/cassandra").spec), '"batch"');
});

Deno.test("the batch layer is degraded while its last run is one that failed, and says where to look", () => {
  const component = desired({ batch: { schedule: "@hourly" } }).find(({ name }) => name === "batch")!;
  const wanted = component.objects.find(isCronJob)!;
  const statusOf = (pass: Partial<Pass>, status?: object) => {
    const live = status === undefined ? [] : [{ ...wanted, status }];
    const whole = { component, waitsFor: [], applied: true, errors: [], ...pass };
    return componentStatus(pipeline(), cluster(...live), whole, { now: 0, unborn: new Set() });
  };
  const [at, before, after] = ["2026-01-01T03:00:00Z", "2026-01-01T02:00:05Z", "2026-01-01T03:00:09Z"];
  assertEquals(statusOf({ waitsFor: ["setup"], applied: false }).state, "waiting");
  assertEquals(statusOf({ applied: false }).state, "progressing");
  assertEquals(statusOf({}, {}).state, "ready");
  const running = { lastScheduleTime: at, active: [{}], lastSuccessfulTime: before };
  assertEquals(statusOf({}, running).state, "ready");
  assertEquals(statusOf({}, { lastScheduleTime: at, lastSuccessfulTime: after }).state, "ready");
  for (const lastSuccessfulTime of [before, undefined]) {
    const { message, state } = statusOf({}, { lastScheduleTime: at, lastSuccessfulTime });
    assertEquals(state, "degraded");
    assertStringIncludes(message, `the run of ${at} failed`);
    assertStringIncludes(message, "kubectl -n trades logs");
  }
  assertEquals(statusOf({ errors: ["no"] }, {}).state, "degraded");
});

Deno.test("a run of the batch layer that has no pod, or one in trouble, is told while it is under way", () => {
  const component = desired({ batch: { schedule: "@hourly" } }).find(({ name }) => name === "batch")!;
  const wanted = component.objects.find(isCronJob)!;
  const began = "2026-01-01T03:00:00Z";
  const underWay = { lastScheduleTime: began, active: [{}] };
  const labels = { "app.kubernetes.io/name": "batch", "app.kubernetes.io/instance": "pipeline" };
  const message = (seconds: number, status?: object, creationTimestamp = began) => {
    const metadata = { name: "backfill-1", labels, creationTimestamp };
    const pods = status === undefined ? [] : [{ apiVersion: "v1", kind: "Pod", metadata, status }];
    const now = Date.parse(began) + 1000 * seconds;
    const pass = { component, waitsFor: [], applied: true, errors: [] };
    const observed = cluster({ ...wanted, status: underWay }, ...pods);
    return componentStatus(pipeline(), observed, pass, { now, unborn: new Set() }).message;
  };
  assertEquals(message(30), "");
  assertStringIncludes(message(61), `the run of ${began} has no pod`);
  assertStringIncludes(message(61, { phase: "Succeeded" }, "2026-01-01T02:00:00Z"), "has no pod");
  assertEquals(message(61, { phase: "Running" }), "");
  // The CronJob is told of its end a moment later.
  assertEquals(message(61, { phase: "Succeeded" }), "");
  const waiting = { reason: "ImagePullBackOff" };
  const containerStatuses = [{ name: "batch", image: "a:1", state: { waiting } }];
  assertStringIncludes(message(5, { phase: "Pending", containerStatuses }), "cannot get its image a:1");
  // One of a run before.
  assertEquals(message(5, { phase: "Failed" }, "2026-01-01T02:00:00Z"), "");
});
