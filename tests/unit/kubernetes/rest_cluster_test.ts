import { assertEquals, assertRejects } from "@std/assert";
import { ClusterError } from "../../../src/kubernetes/cluster.ts";
import type { ApiRequest } from "../../../src/kubernetes/connection.ts";
import { refusal } from "../../../src/kubernetes/failure.ts";
import { type Api, RestCluster } from "../../../src/kubernetes/rest_cluster.ts";

const CORE = {
  resources: [
    { name: "configmaps", kind: "ConfigMap", namespaced: true },
    { name: "namespaces", kind: "Namespace", namespaced: false },
    { name: "namespaces/status", kind: "Namespace", namespaced: false },
  ],
};
const CONFIG_MAP = { apiVersion: "v1", kind: "ConfigMap", namespace: "n", name: "a" };
const OBJECT = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "n" } };

/** Answers by `verb path`; an error is thrown, a list of texts is streamed. What was asked is kept. */
class FakeApi implements Api {
  readonly asked: ApiRequest[] = [];
  constructor(readonly answers: Record<string, unknown>) {}

  async json(request: ApiRequest): Promise<unknown> {
    await Promise.resolve();
    this.asked.push(request);
    const answer = this.answers[`${request.verb} ${request.path}`] ??
      refusal(request.what, 404, "404 page not found");
    if (answer instanceof Error) throw answer;
    return answer;
  }

  async *stream(request: ApiRequest): AsyncGenerator<Uint8Array> {
    this.asked.push(request);
    await Promise.resolve();
    const encoder = new TextEncoder();
    for (const text of this.answers[`watch ${request.path}`] as string[]) yield encoder.encode(text);
  }

  paths(): string[] {
    return this.asked.map(({ path, verb }) => `${verb} ${path}`);
  }
}

Deno.test("kinds are looked up once a version, and again on a miss: a CRD may be new", async () => {
  const api = new FakeApi({ "discover /api/v1": CORE, "get /api/v1/namespaces/n/configmaps/a": OBJECT });
  const cluster = new RestCluster(api);
  for (let i = 0; i < 3; i++) await cluster.get(CONFIG_MAP);
  assertEquals(api.paths().filter((path) => path.startsWith("discover")).length, 1);
  const pipeline = { apiVersion: "x.dev/v1", kind: "Pipeline", namespace: "n", name: "p" };
  const error = await assertRejects(() => cluster.get(pipeline), ClusterError, "install its CRD");
  assertEquals([error.status, error.reason], [404, "NoKind"]);
  api.answers["discover /apis/x.dev/v1"] = {
    resources: [{ name: "pipelines", kind: "Pipeline", namespaced: true }],
  };
  api.answers["get /apis/x.dev/v1/namespaces/n/pipelines/p"] = { ...OBJECT, kind: "Pipeline" };
  assertEquals((await cluster.get(pipeline))?.kind, "Pipeline");
});

Deno.test("a kind whose CRD was removed is an error, not a missing object", async () => {
  const api = new FakeApi({ "discover /api/v1": CORE });
  const cluster = new RestCluster(api);
  const error = await assertRejects(() => cluster.delete(CONFIG_MAP), ClusterError);
  assertEquals(error.reason, "NoKind");
  await assertRejects(() => cluster.get(CONFIG_MAP), ClusterError);
  assertEquals(api.paths().filter((path) => path === "discover /api/v1").length, 2);
});

Deno.test("a missing object is undefined to get and false to delete; other refusals are thrown", async () => {
  const missing = refusal("x", 404, { kind: "Status", code: 404, reason: "NotFound", message: "not found" });
  const path = "/api/v1/namespaces/n/configmaps/a";
  const api = new FakeApi({
    "discover /api/v1": CORE,
    [`get ${path}`]: missing,
    [`delete ${path}`]: missing,
  });
  const cluster = new RestCluster(api);
  assertEquals([await cluster.get(CONFIG_MAP), await cluster.delete(CONFIG_MAP)], [undefined, false]);
  api.answers[`get ${path}`] = refusal("x", 403, undefined);
  await assertRejects(() => cluster.get(CONFIG_MAP), ClusterError);
});

Deno.test("apply names the field manager and leaves managed fields out", async () => {
  const path = "/api/v1/namespaces/n/configmaps/a";
  const api = new FakeApi({
    "discover /api/v1": CORE,
    [`apply ${path}`]: OBJECT,
    [`apply ${path}/status`]: OBJECT,
  });
  const cluster = new RestCluster(api);
  await cluster.apply({ ...OBJECT, metadata: { ...OBJECT.metadata, managedFields: [{}] } }, { force: true });
  await cluster.apply(OBJECT, { dryRun: true, subresource: "status" });
  const [, forced, status] = api.asked;
  assertEquals(forced!.query, { fieldManager: "finnhub-pipe", force: "true", dryRun: undefined });
  assertEquals(forced!.body, OBJECT);
  assertEquals([status!.path, status!.query!.dryRun, status!.query!.force], [
    `${path}/status`,
    "All",
    undefined,
  ]);
});

Deno.test("namespaces are in the path of kinds that live in them, and asked for where they lack", async () => {
  const api = new FakeApi({
    "discover /api/v1": CORE,
    "get /api/v1/namespaces/n": { ...OBJECT, kind: "Namespace" },
    "list /api/v1/configmaps": { metadata: { resourceVersion: "1" }, items: [] },
  });
  const cluster = new RestCluster(api);
  await cluster.get({ apiVersion: "v1", kind: "Namespace", namespace: "ignored", name: "n" });
  await cluster.list({ apiVersion: "v1", kind: "ConfigMap" });
  const { namespace: _, ...without } = CONFIG_MAP;
  await assertRejects(() => cluster.get(without), ClusterError, "needs a namespace");
});

Deno.test("a long list comes in pages, and its items get the kind that lists leave out", async () => {
  const pages = [
    { metadata: { resourceVersion: "7", continue: "more" }, items: [{ metadata: { name: "a" } }] },
    { metadata: { resourceVersion: "7" }, items: [{ metadata: { name: "b" } }] },
  ];
  const api = new FakeApi({ "discover /api/v1": CORE });
  Object.defineProperty(api.answers, "list /api/v1/namespaces/n/configmaps", { get: () => pages.shift() });
  const cluster = new RestCluster(api);
  const { items, resourceVersion } = await cluster.list({ apiVersion: "v1", kind: "ConfigMap" }, {
    namespace: "n",
  });
  assertEquals(
    items,
    ["a", "b"].map((name) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } })),
  );
  assertEquals(resourceVersion, "7");
});

const watchAll = (texts: string[]) => {
  const api = new FakeApi({ "discover /api/v1": CORE, "watch /api/v1/configmaps": texts });
  return Array.fromAsync(new RestCluster(api).watch({ apiVersion: "v1", kind: "ConfigMap" }, {
    resourceVersion: "1",
    signal: new AbortController().signal,
  }));
};

Deno.test("a watch's events are read however they are cut, unknown types passed over", async () => {
  const events = ["ADDED", "NEW", "MODIFIED", "BOOKMARK"].map((type) => ({ type, object: OBJECT }));
  const text = events.map((event) => JSON.stringify(event) + "\n").join("");
  for (const size of [1, 7, 1000]) {
    const cut = text.match(new RegExp(`[^]{1,${size}}`, "g"))!;
    assertEquals((await watchAll(cut)).map(({ type }) => type), ["ADDED", "MODIFIED", "BOOKMARK"]);
  }
});

Deno.test("an error within a watch is thrown with its own status; so is a broken or endless event", async () => {
  const status = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };
  const error = await assertRejects(
    () => watchAll([JSON.stringify({ type: "ERROR", object: status }) + "\n"]),
    ClusterError,
  );
  assertEquals([error.status, error.reason], [410, "Expired"]);
  await assertRejects(() => watchAll(["{broken\n"]), ClusterError, "not JSON");
  await assertRejects(() => watchAll(Array(9).fill("x".repeat(1024 * 1024))), ClusterError, "larger than");
});
