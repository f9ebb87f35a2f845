import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ObjectCache, watchRestarts } from "../../../src/kubernetes/cache.ts";
import { ClusterError, type KubernetesObject } from "../../../src/kubernetes/cluster.ts";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";
import { FakeTime } from "../finnhub/fake_time.ts";
import { silent } from "../processing/fakes.ts";
import { away, FakeCluster } from "./fake_cluster.ts";

const KIND = { apiVersion: "v1", kind: "ConfigMap" };
const RESTARTS = { kind: "ConfigMap" };

function configMap(name: string, value = "1"): KubernetesObject {
  return { ...KIND, metadata: { name, namespace: "here" }, data: { value } };
}

/** A running cache, and what it reported as `key=value`, or `key gone`. */
class Setup implements AsyncDisposable {
  readonly time = new FakeTime();
  readonly cluster = new FakeCluster();
  readonly changes: string[] = [];
  readonly restarts = watchRestarts(new MetricRegistry());
  controller = new AbortController();
  readonly cache = new ObjectCache({
    cluster: this.cluster,
    kind: KIND,
    namespace: "here",
    onChange: (key, object) => {
      const data = object?.data as { value: string } | undefined;
      this.changes.push(data === undefined ? `${key} gone` : `${key}=${data.value}`);
    },
    restarts: this.restarts,
    log: silent,
    random: () => 0.5,
    now: () => this.time.now,
  });
  #running: Promise<void> | undefined;

  async start(): Promise<void> {
    this.controller = new AbortController();
    this.#running = this.cache.run(this.controller.signal);
    await this.time.settle();
  }

  /** What was reported since the last call. */
  reported(): string[] {
    return this.changes.splice(0);
  }

  lists(): number {
    return this.cluster.calls.filter((call) => call === "list ConfigMap").length;
  }

  async stop(): Promise<void> {
    this.controller.abort();
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.time[Symbol.dispose]();
  }
}

Deno.test("the cache lists what is there, then follows each change", async () => {
  await using setup = new Setup();
  const { cache, cluster, time } = setup;
  await cluster.create(configMap("a"));
  await cluster.create({ ...configMap("elsewhere"), metadata: { name: "x", namespace: "other" } });
  await setup.start();
  await cache.synced;
  assertEquals(setup.reported(), ["here/a=1"]);
  await cluster.create(configMap("b"));
  await cluster.apply(configMap("a", "2"));
  await cluster.delete({ ...KIND, namespace: "here", name: "b" });
  await time.settle();
  assertEquals(setup.reported(), ["here/b=1", "here/a=2", "here/b gone"]);
  assertEquals([cache.size, cache.get("here/a")?.data, setup.lists()], [1, { value: "2" }, 1]);
});

Deno.test("a watch that the server ends goes on from where it ended, without a list and uncounted", async () => {
  await using setup = new Setup();
  const { cluster, restarts, time } = setup;
  await cluster.create(configMap("a"));
  await setup.start();
  await cluster.create(configMap("b"));
  await time.advance(60_000);
  cluster.endWatches();
  await cluster.create(configMap("c"));
  await time.advance(0);
  assertEquals(setup.reported(), ["here/a=1", "here/b=1", "here/c=1"]);
  assertEquals([setup.lists(), restarts.value(RESTARTS)], [1, 0]);
});

Deno.test("410 Gone: the cache lists again at once and reports just what changed meanwhile", async () => {
  await using setup = new Setup();
  const { cluster, restarts, time } = setup;
  for (const name of ["kept", "changed", "removed"]) await cluster.create(configMap(name));
  await setup.start();
  setup.reported();
  await time.advance(60_000);
  const changed = Promise.withResolvers<void>();
  cluster.before = (verb) => verb === "watch" ? changed.promise : undefined;
  cluster.endWatches();
  await cluster.apply(configMap("changed", "2"));
  await cluster.delete({ ...KIND, namespace: "here", name: "removed" });
  await cluster.create(configMap("new"));
  cluster.compact();
  changed.resolve();
  await time.advance(0);
  const all = ["here/changed=2", "here/new=1", "here/removed gone"];
  assertEquals([setup.reported().sort(), restarts.value(RESTARTS), cluster.watchers], [all, 1, 1]);
});

Deno.test("a server that is away for a minute is asked more and more seldom, and followed when it is back", async () => {
  await using setup = new Setup();
  const { cache, cluster, time } = setup;
  await cluster.create(configMap("a"));
  await setup.start();
  cluster.before = () => {
    throw away();
  };
  cluster.endWatches(away());
  cluster.calls.length = 0;
  await time.advance(60_000);
  const attempts = cluster.calls.length;
  assert(attempts >= 5 && attempts <= 15, `${attempts} attempts`);
  assertStringIncludes(cache.problem!, "no answer");
  cluster.before = () => {};
  await cluster.delete({ ...KIND, namespace: "here", name: "a" });
  await time.advance(15_000);
  assertEquals([setup.reported(), cache.problem], [["here/a=1", "here/a gone"], undefined]);
});

Deno.test("a list that is refused is tried again, and `synced` waits for it", async () => {
  await using setup = new Setup();
  const { cache, cluster, time } = setup;
  cluster.before = (verb) => {
    if (verb === "list") throw new ClusterError("forbidden", { status: 403, reason: "Forbidden" });
  };
  await setup.start();
  let synced = false;
  cache.synced.then(() => synced = true);
  await time.advance(5_000);
  assertEquals([synced, cache.problem], [false, "ConfigMap: forbidden"]);
  cluster.before = () => {};
  await time.advance(15_000);
  assertEquals([synced, cache.problem], [true, undefined]);
});

Deno.test("a watch that is silent for longer than the server lets it last counts as dead; bookmarks keep it", async () => {
  await using setup = new Setup();
  const { cluster, restarts, time } = setup;
  await setup.start();
  for (let minute = 0; minute < 5; minute++) {
    await time.advance(140_000);
    cluster.bookmark();
  }
  assertEquals([restarts.value(RESTARTS), setup.lists()], [0, 1]);
  await time.advance(151_000);
  assertEquals([restarts.value(RESTARTS), setup.lists(), cluster.watchers], [1, 2, 1]);
});

Deno.test("a server that ends each watch at once is not asked without a pause", async () => {
  await using setup = new Setup();
  const { cluster, time } = setup;
  cluster.before = (verb) => {
    if (verb === "watch") setTimeout(() => cluster.endWatches(), 10);
  };
  await setup.start();
  await time.advance(60_000);
  const watches = cluster.calls.filter((call) => call === "watch ConfigMap").length;
  assert(watches >= 5 && watches <= 15, `${watches} watches`);
});

Deno.test("the server's wish to be left alone for a while is heeded", async () => {
  await using setup = new Setup();
  const { cluster, time } = setup;
  cluster.before = () => {
    throw new ClusterError("busy", { status: 429, reason: "TooManyRequests", retryAfter: 30_000 });
  };
  await setup.start();
  await time.advance(29_000);
  assertEquals(cluster.calls.length, 1);
  await time.advance(2_000);
  assertEquals(cluster.calls.length, 2);
});

Deno.test("stopped before the first list: `synced` rejects, and nothing goes on", async () => {
  const setup = new Setup();
  const { cache, cluster, time } = setup;
  cluster.before = (_verb, _what, signal) => {
    return new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
  };
  await setup.start();
  await setup[Symbol.asyncDispose]();
  await assertRejects(() => cache.synced, DOMException);
  assertEquals(time.pending, 0);
});

Deno.test("a cache that runs again lists everything before it is synced", async () => {
  await using setup = new Setup();
  const { cache, cluster, time } = setup;
  await cluster.create(configMap("a"));
  await setup.start();
  await setup.stop();
  await cluster.delete({ ...KIND, namespace: "here", name: "a" });
  await cluster.create(configMap("b"));
  assertEquals(setup.reported(), ["here/a=1"]);
  const running = setup.start();
  await cache.synced;
  assertEquals(setup.reported(), ["here/a gone", "here/b=1"]);
  await running;
  await time.settle();
  assertEquals(cluster.watchers, 1);
});
