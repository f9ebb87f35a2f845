import { assertEquals } from "@std/assert";
import { defaultPipeline } from "../../../../src/operator/install.ts";
import { readPipeline } from "../../../../src/operator/pipeline.ts";
import type { OperatorStatus } from "../../../../src/operator/status/operator_status.ts";
import { changesOf, statusView } from "../../../../src/operator/status/status_view.ts";
import { FakeTime } from "../../finnhub/fake_time.ts";

Deno.test("the view of a Pipeline: whether it is ready, and what is being done", () => {
  const pipeline = readPipeline(defaultPipeline("here"));
  pipeline.metadata.generation = 4;
  const component = { kind: "StatefulSet", ready: 0, wanted: 1, version: "3.9.2" };
  pipeline.status = {
    components: [
      { ...component, name: "zookeeper", state: "ready", message: "" },
      { ...component, name: "kafka", state: "progressing", message: "0 of 1 pods are ready" },
    ],
    conditions: [{
      type: "Ready",
      status: "True",
      reason: "AllReady",
      message: "",
      lastTransitionTime: "2026-01-01T00:00:00Z",
      observedGeneration: 4,
    }],
  };
  const view = statusView({ pipeline, leader: true, events: [] });
  assertEquals(view.pipeline, {
    namespace: "here",
    name: pipeline.metadata.name,
    profile: pipeline.spec.profile,
    paused: false,
    ready: true,
    generation: 4,
  });
  assertEquals(view.doing, ["kafka 0 of 1 pods are ready"]);
  assertEquals(statusView({ pipeline: undefined, leader: false, events: [] }), {
    leader: false,
    conditions: [],
    components: [],
    doing: [],
    events: [],
  });
});

Deno.test("changes: the status now, then only what differs, until the signal", async () => {
  using time = new FakeTime();
  const stop = new AbortController();
  let status: OperatorStatus = { leader: false, conditions: [], components: [], doing: [], events: [] };
  const seen: boolean[] = [];
  const following = (async () => {
    for await (const { leader } of changesOf(() => status, stop.signal)) seen.push(leader);
  })();
  await time.advance(5_000);
  status = { ...status, leader: true };
  await time.advance(5_000);
  assertEquals(seen, [false, true]);
  stop.abort();
  await following;
  assertEquals(time.pending, 0);
});
