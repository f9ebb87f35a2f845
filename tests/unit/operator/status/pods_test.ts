import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { KubernetesObject } from "../../../../src/kubernetes/cluster.ts";
import { podTrouble, versionOf } from "../../../../src/operator/status/pods.ts";
import { cluster } from "../cluster_fake.ts";

const NOW = Date.parse("2026-01-01T12:00:00Z");
/** A time so many minutes before now, as Kubernetes writes it. */
const ago = (minutes: number) => new Date(NOW - 60_000 * minutes).toISOString();
const tokenSecret = { name: "finnhub", key: "token" };
const troubleOf = (pod: KubernetesObject, ...objects: KubernetesObject[]) =>
  podTrouble(pod, { now: NOW, tokenSecret, observed: cluster(...objects) });

const pod = (status: unknown) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "kafka-0", namespace: "trades" },
  status,
});
const says = (trouble: string | undefined, ...words: string[]) => {
  for (const word of words) assertStringIncludes(trouble ?? "nothing", word);
};
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
    assertEquals(troubleOf(pod(status)), undefined);
  }
  assertEquals(troubleOf(waiting("ContainerCreating")), undefined);
  assertEquals(troubleOf(waiting("PodInitializing")), undefined);
});

Deno.test("trouble is said in plain words, with where to look", () => {
  says(troubleOf(waiting("ImagePullBackOff")), "cannot get its image a/b:1", "spec.images");
  const crash = { restartCount: 7, lastState: { terminated: { exitCode: 2 } } };
  says(
    troubleOf(waiting("CrashLoopBackOff", crash)),
    "7 restarts",
    "exit code 2",
    "kubectl -n trades logs kafka-0 --previous",
  );
  const killed = { lastState: { terminated: { reason: "OOMKilled", exitCode: 137 } } };
  says(troubleOf(waiting("CrashLoopBackOff", killed)), "more memory than its limit");
  const unscheduled = {
    conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes" }],
  };
  says(troubleOf(pod(unscheduled)), "kafka-0 fits on no node: 0/3 nodes");
  const secret = {
    state: { waiting: { reason: "CreateContainerConfigError", message: 'secret "finnhub" not found' } },
  };
  says(troubleOf(waiting("", secret)), "kubectl -n trades create secret generic finnhub");
  says(troubleOf(waiting("RunContainerError")), "cannot start: RunContainerError, m");
  says(troubleOf(pod({ phase: "Failed" })), "kafka-0 failed");
});

Deno.test("text of others is cut", () => {
  const long = troubleOf(
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

Deno.test("each Secret that is missing, or lacks a key, gets the hint that fits it", () => {
  const lacks = (message: string) =>
    troubleOf(waiting("", { state: { waiting: { reason: "CreateContainerConfigError", message } } }));
  says(lacks('secret "finnhub" not found'), "--from-literal=token=YOUR_FINNHUB_TOKEN");
  says(
    lacks("couldn't find key token in Secret trades/finnhub"),
    "Secret finnhub has no key token",
    "spec.feed.tokenSecret.key",
  );
  for (
    const message of [
      'secret "finnhub-pipe-credentials" not found',
      "couldn't find key admin-password in Secret trades/finnhub-pipe-credentials",
    ]
  ) {
    const hint = lacks(message);
    says(hint, "the pipeline's passwords", "the operator makes it");
    assert(!hint!.includes("YOUR_FINNHUB_TOKEN") && !hint!.includes("create secret"), hint);
  }
  says(lacks('secret "mine" not found'), "there is no Secret mine: make it");
  says(lacks('configmap "x" not found'), 'lacks a part of its configuration: configmap "x" not found');
});

const meta = (object: KubernetesObject, metadata: object): KubernetesObject => ({
  ...object,
  metadata: { ...object.metadata, ...metadata },
});
const onNode = (object: KubernetesObject, spec: object = {}): KubernetesObject => ({
  ...object,
  spec: { nodeName: "node-7", ...spec },
});

Deno.test("a pod that ends and does not, since its node is lost, is named with the taint that frees it", () => {
  const ending = (minutes: number, more: object = {}) =>
    meta(onNode(pod({ phase: "Running" })), { deletionTimestamp: ago(minutes), ...more });
  // Kubernetes writes the end of the grace period there.
  assertEquals(troubleOf(ending(-2)), undefined);
  assertEquals(troubleOf(ending(1)), undefined);
  says(
    troubleOf(ending(3)),
    `kafka-0 was to have ended by ${ago(3)}`,
    "node node-7",
    "kubectl taint nodes node-7 node.kubernetes.io/out-of-service=nodeshutdown:NoExecute",
  );
  const kept = troubleOf(ending(3, { finalizers: ["example.dev/wait"] }))!;
  says(kept, "is kept by example.dev/wait");
  assert(!kept.includes("taint"), kept);
  // Its containers are told to end, and that is no failure.
  const failed = meta(pod({ phase: "Failed" }), { deletionTimestamp: ago(1) });
  assertEquals(troubleOf(failed), undefined);
  says(troubleOf(meta(failed, { deletionTimestamp: ago(3) })), "was to have ended by");
  const crashing = waiting("CrashLoopBackOff");
  assertEquals(troubleOf(meta(crashing, { deletionTimestamp: ago(0) })), undefined);
});

Deno.test("a pod that waits for long to be started is named, with what is not there", () => {
  const volumes = [
    { configMap: { name: "kafka-config" } },
    { configMap: { name: "may-be-absent", optional: true } },
    { persistentVolumeClaim: { claimName: "data-kafka-0" } },
  ];
  const creating = (minutes: number) =>
    onNode(
      pod({
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "True", lastTransitionTime: ago(minutes) }],
        containerStatuses: [{ name: "kafka", state: { waiting: { reason: "ContainerCreating" } } }],
      }),
      { volumes },
    );
  const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "kafka-config" } };
  const volume = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "data-kafka-0" },
    status: { phase: "Bound" },
  };
  assertEquals(troubleOf(creating(4)), undefined);
  says(
    troubleOf(creating(6)),
    `waits since ${ago(6)} for ConfigMap kafka-config and volume data-kafka-0`,
    "kubectl -n trades describe pod kafka-0",
  );
  says(troubleOf(creating(6), map), "for volume data-kafka-0:");
  says(troubleOf(creating(6), map, volume), "for its node, its image, a volume or the network");
  // Nobody has even looked for a node.
  says(troubleOf(meta(pod({ phase: "Pending" }), { creationTimestamp: ago(6) })), "kafka-0 waits since");
});

Deno.test("a pod that runs and is unready for longer than it may take to start is named", () => {
  const startupProbe = { periodSeconds: 5, failureThreshold: 360 };
  const unready = (minutes: number, startedBefore: number, probe: object | undefined = startupProbe) =>
    onNode(
      pod({
        phase: "Running",
        conditions: [{ type: "Ready", status: "False", lastTransitionTime: ago(minutes) }],
        containerStatuses: [{ name: "kafka", state: { running: { startedAt: ago(startedBefore) } } }],
      }),
      { containers: [{ startupProbe: probe }] },
    );
  assertEquals(troubleOf(unready(34, 33)), undefined);
  says(troubleOf(unready(36, 33)), `runs and is not ready since ${ago(36)}`, "logs kafka-0", "node node-7");
  // One that had started and was ready before.
  assertEquals(troubleOf(unready(4, 60)), undefined);
  says(troubleOf(unready(6, 60)), "is not ready");
  says(troubleOf(unready(6, 5, {})), "is not ready");
  // A budget of a day, as for a Cassandra node that joins: people hear of it sooner.
  const day = { periodSeconds: 5, failureThreshold: 17_280 };
  assertEquals(troubleOf(unready(120, 119, day)), undefined);
  says(troubleOf(unready(126, 125, day)), "is not ready");
  const done = unready(99, 99);
  assertEquals(troubleOf({ ...done, status: { ...done.status as object, phase: "Succeeded" } }), undefined);
});

Deno.test("a container that runs, and runs out of memory again and again, is named", () => {
  const running = (restartCount: number, minutes: number, reason = "OOMKilled") =>
    pod({
      phase: "Running",
      containerStatuses: [{
        name: "kafka",
        restartCount,
        state: { running: { startedAt: ago(minutes - 1) } },
        lastState: { terminated: { reason, exitCode: 137, finishedAt: ago(minutes) } },
      }],
    });
  says(troubleOf(running(3, 5)), "was restarted 3 times", "more memory than its limit", "limits.memory");
  assertEquals(troubleOf(running(2, 5)), undefined);
  assertEquals(troubleOf(running(3, 31)), undefined);
  assertEquals(troubleOf(running(3, 5, "Error")), undefined);
  // The same words whether it runs for the moment or not: one Event.
  const waits = waiting("CrashLoopBackOff", {
    restartCount: 3,
    lastState: { terminated: { reason: "OOMKilled", finishedAt: ago(5) } },
  });
  assertEquals(troubleOf(waits), troubleOf(running(3, 5)));
});
