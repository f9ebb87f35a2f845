import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Cluster, ClusterError, type KubernetesObject } from "../../../../src/kubernetes/cluster.ts";
import { Applier } from "../../../../src/operator/reconcile/applier.ts";
import { createLogger } from "../../../../src/telemetry/log.ts";
import { MetricRegistry } from "../../../../src/telemetry/metrics.ts";

const SIGNAL = new AbortController().signal;
const service = (port: number): KubernetesObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "kafka", namespace: "trades" },
  spec: { ports: [{ port }] },
});

/** An applier on a server that does as the test says. */
function setUp(
  answer: (object: KubernetesObject, force: boolean) => KubernetesObject,
  found?: KubernetesObject,
) {
  const applied: boolean[] = [];
  const told: string[] = [];
  const clock = { now: 0 };
  const registry = new MetricRegistry();
  const applier = new Applier({
    cluster: {
      get: () => Promise.resolve(found),
      apply: (object: KubernetesObject, { force = false } = {}) => {
        applied.push(force);
        return new Promise((resolve) => resolve(answer(object, force)));
      },
    } as unknown as Cluster,
    log: createLogger({ level: "error", format: "text", write: () => {}, now: () => 0 }),
    now: () => clock.now,
    random: () => 1,
    repairs: registry.counter("repairs", ""),
    errors: registry.counter("errors", ""),
    onRepair: (_, reason) => told.push(reason),
  });
  return { applied, applier, clock, registry, told };
}

const stored = (object: KubernetesObject, version: string): KubernetesObject => ({
  ...structuredClone(object),
  metadata: { ...structuredClone(object.metadata), resourceVersion: version, uid: "u" },
});
const failing = (status: number) => () => {
  throw new ClusterError("no", { status, reason: "Invalid" });
};

Deno.test("what is missing is applied, what is as wanted is not, and the cache may be behind", async () => {
  const { applied, applier } = setUp((object) => stored(object, "2"));
  assertEquals(applier.staleness(service(1), undefined), { why: "missing" });
  await applier.apply(service(1), undefined, { why: "missing" }, SIGNAL);
  // The watch has not brought it yet: what the server answered counts.
  assertEquals(applier.staleness(service(1), undefined), undefined);
  assertEquals(applier.staleness(service(2), undefined), { why: "changed" });
  assertEquals(applied, [false]);
});

Deno.test("what was made and deleted before the next look is made again, without an event to wake for", async () => {
  const { applier, clock } = setUp((object) => stored(object, "2"));
  await applier.apply(service(1), undefined, { why: "missing" }, SIGNAL);
  clock.now += applier.nextAttempt()!;
  assertEquals(applier.staleness(service(1), undefined), { why: "missing" });
  assertEquals(applier.nextAttempt(), undefined);
});

Deno.test("what was changed by hand is repaired and told, a field that was taken away too", async () => {
  let live: KubernetesObject | undefined;
  const { applier, registry, told } = setUp((object) => live = stored(object, "2"));
  await applier.apply(service(1), undefined, { why: "missing" }, SIGNAL);
  const edited = stored(live!, "3");
  edited.spec = { ports: [{ port: 9 }] };
  const stale = applier.staleness(service(1), edited);
  assertEquals(stale, { why: "drift", path: "spec.ports[0].port" });
  await applier.apply(service(1), edited, stale!, SIGNAL);
  assertEquals(told, ["DriftRepaired"]);
  assert(registry.text().includes('repairs{kind="Service"} 1'));
});

Deno.test("a conflict is told, and the field is taken back", async () => {
  const { applied, applier, told } = setUp((object, force) => {
    if (!force) throw new ClusterError("conflict with another", { status: 409, reason: "Conflict" });
    return stored(object, "2");
  });
  await applier.apply(service(1), undefined, { why: "missing" }, SIGNAL);
  assertEquals([applied, told], [[false, true], ["FieldConflict"]]);
});

Deno.test("an object that the server does not take is tried again later and later, and not in between", async () => {
  const { applied, applier, clock } = setUp(failing(422));
  const attempt = () => applier.apply(service(1), undefined, { why: "missing" }, SIGNAL);
  const waits: number[] = [];
  for (let i = 0; i < 4; i++) {
    await assertRejects(attempt, ClusterError);
    // It still does not have what it is to have.
    await assertRejects(attempt, ClusterError, "no");
    const wait = applier.nextAttempt()!;
    waits.push(wait);
    clock.now += wait;
  }
  assertEquals(waits, [500, 1000, 2000, 4000]);
  assertEquals([applied.length, applier.failing], [4, 1]);
  // Overdue and not tried, as while it waits for another component: nothing is to be woken for.
  assertEquals(applier.nextAttempt(), undefined);
  // What was corrected does not wait.
  await assertRejects(() => applier.apply(service(2), undefined, { why: "missing" }, SIGNAL), ClusterError);
  assertEquals(applied.length, 5);
  applier.keepOnly([]);
  assertEquals(applier.failing, 0);
});

Deno.test("a server that cannot be reached is no failure of the object", async () => {
  const { applier } = setUp(failing(0));
  await assertRejects(() => applier.apply(service(1), undefined, { why: "missing" }, SIGNAL), ClusterError);
  assertEquals(applier.failing, 0);
});

Deno.test("an object that does not become what is applied is not applied for ever", async () => {
  const other = stored({ ...service(7), metadata: { ...service(7).metadata, generation: 1 } }, "2");
  const { applier, told } = setUp((object) => {
    // Something in the server changes the port each time.
    const answer = stored(object, "3");
    answer.metadata.generation = 1;
    answer.spec = { ports: [{ port: 7 }] };
    return answer;
  });
  await applier.apply(service(1), other, { why: "drift", path: "spec.ports[0].port" }, SIGNAL);
  assertEquals(applier.staleness(service(1), other), undefined);
  assertEquals(told, []);
  // Another wish is another matter.
  assertEquals(applier.staleness(service(2), other), { why: "changed" });
});

Deno.test("an object of somebody else is neither changed nor taken by force, unless it is handed over", async () => {
  const theirs = (metadata: object): KubernetesObject => ({
    ...service(7),
    metadata: { ...service(7).metadata, ...metadata },
  });
  const wanted = theirs({ ownerReferences: [{ apiVersion: "v1", kind: "Pipeline", name: "p", uid: "u1" }] });
  const apply = async (found: KubernetesObject) => {
    const { applied, applier } = setUp((object) => stored(object, "2"), found);
    const error = await applier.apply(wanted, undefined, { why: "missing" }, SIGNAL).catch((error) => error);
    return { applied, error };
  };
  for (const found of [theirs({}), theirs({ labels: { "app.kubernetes.io/managed-by": "Helm" } })]) {
    const { applied, error } = await apply(found);
    assertEquals([applied, error.reason], [[], "NotOurs"]);
    assertStringIncludes(error.message, "Service kafka is somebody else's");
    assertStringIncludes(
      error.message,
      "kubectl -n trades annotate service kafka finnhub-pipe.dev/adopt=true",
    );
  }
  for (
    const found of [
      theirs({ annotations: { "finnhub-pipe.dev/adopt": "true" } }),
      theirs({ labels: { "app.kubernetes.io/managed-by": "finnhub-pipe" } }),
      theirs({ ownerReferences: [{ apiVersion: "v1", kind: "Pipeline", name: "p", uid: "u1" }] }),
    ]
  ) {
    const { applied, error } = await apply(found);
    assertEquals([applied, error], [[false], undefined]);
  }
  const { applied } = await apply(theirs({ annotations: { "finnhub-pipe.dev/adopt": "false" } }));
  assertEquals(applied, []);
});

Deno.test("an object that somebody makes in the moment of an apply is not taken by force", async () => {
  const applied: boolean[] = [];
  let found: KubernetesObject | undefined;
  const { applier } = setUp((_, force) => {
    applied.push(force);
    found = service(7);
    throw new ClusterError("conflict", { status: 409, reason: "Conflict" });
  });
  Object.assign(applier.options.cluster, { get: () => Promise.resolve(found) });
  const error = await assertRejects(
    () => applier.apply(service(1), undefined, { why: "missing" }, SIGNAL),
    ClusterError,
  );
  assertEquals([error.reason, applied], ["NotOurs", [false]]);
});
