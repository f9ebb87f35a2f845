import { assertEquals, assertStringIncludes } from "@std/assert";
import { podTrouble, versionOf } from "../../../../src/operator/status/pods.ts";

const pod = (status: unknown) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "kafka-0", namespace: "trades" },
  status,
});
const waiting = (reason: string, more: object = {}) =>
  pod({
    containerStatuses: [{
      name: "kafka",
      image: "a/b:1",
      state: { waiting: { reason, message: "m" } },
      ...more,
    }],
  });

Deno.test("a pod that runs, ends well or is just starting is no trouble", () => {
  for (const status of [undefined, { phase: "Running" }, { phase: "Succeeded" }]) {
    assertEquals(podTrouble(pod(status)), undefined);
  }
  assertEquals(podTrouble(waiting("ContainerCreating")), undefined);
  assertEquals(podTrouble(waiting("PodInitializing")), undefined);
});

Deno.test("trouble is said in plain words, with where to look", () => {
  const says = (trouble: string | undefined, ...words: string[]) => {
    for (const word of words) assertStringIncludes(trouble ?? "nothing", word);
  };
  says(podTrouble(waiting("ImagePullBackOff")), "cannot get its image a/b:1", "spec.images");
  const crash = { restartCount: 7, lastState: { terminated: { exitCode: 2 } } };
  says(
    podTrouble(waiting("CrashLoopBackOff", crash)),
    "7 restarts",
    "exit code 2",
    "kubectl -n trades logs kafka-0 --previous",
  );
  const killed = { lastState: { terminated: { reason: "OOMKilled", exitCode: 137 } } };
  says(podTrouble(waiting("CrashLoopBackOff", killed)), "more memory than its limit");
  const unscheduled = {
    conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes" }],
  };
  says(podTrouble(pod(unscheduled)), "kafka-0 fits on no node: 0/3 nodes");
  const secret = {
    state: { waiting: { reason: "CreateContainerConfigError", message: 'secret "finnhub" not found' } },
  };
  says(podTrouble(waiting("", secret)), "kubectl -n trades create secret generic finnhub");
  says(podTrouble(waiting("RunContainerError")), "cannot start: RunContainerError, m");
  says(podTrouble(pod({ phase: "Failed" })), "kafka-0 failed");
});

Deno.test("text of others is cut", () => {
  const long = podTrouble(
    waiting("RunContainerError", { state: { waiting: { reason: "E", message: "x".repeat(5000) } } }),
  )!;
  assertEquals(long.length < 400, true);
});

Deno.test("versionOf() is the tag, whatever the registry's port", () => {
  assertEquals(["kafka:3.9", "r.example:5000/a/b:1", "r.example:5000/a/b", "a@sha256:1"].map(versionOf), [
    "3.9",
    "1",
    "latest",
    "sha256:1",
  ]);
});
