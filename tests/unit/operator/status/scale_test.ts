import { assertEquals } from "@std/assert";
import type { PipelineStatus } from "../../../../src/operator/pipeline.ts";
import type { Workload } from "../../../../src/operator/workload.ts";
import { Reconciling } from "../reconcile/reconciling.ts";

const scale = (stage: Reconciling) => (stage.find("Pipeline/pipeline")!.status as PipelineStatus).processor;

Deno.test("an autoscaler is told how many processors there are, and how they are found", async () => {
  const stage = new Reconciling({});
  await stage.pass();
  const selector = "app.kubernetes.io/name=processor,app.kubernetes.io/instance=pipeline";
  assertEquals(scale(stage), { replicas: 0, selector });
  await stage.settle();
  assertEquals(scale(stage), { replicas: 1, selector });
});

Deno.test("the number that somebody scales to is passed on, down to none, and never written by the operator", async () => {
  const stage = new Reconciling({ profile: "ha" });
  await stage.settle();
  const replicas = () => (stage.find("Deployment/processor") as Workload).spec.replicas;
  assertEquals([replicas(), scale(stage)?.replicas], [2, 2]);
  for (const number of [4, 1, 0]) {
    const spec = { profile: "ha", processor: { replicas: number } };
    stage.change(spec);
    await stage.settle();
    assertEquals([replicas(), scale(stage)?.replicas], [number, number]);
    assertEquals(stage.find("Pipeline/pipeline")!.spec, spec);
    assertEquals(stage.condition("Ready").status, "True");
  }
});
