import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ClusterError } from "../../src/kubernetes/cluster.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/until.ts";
import { startCluster } from "./cluster/mod.ts";
import { configMap, connect, follow, KIND, NAMESPACE, ref, WIDGETS } from "./connected.ts";

integrationTest("the client against a real API server", async (t) => {
  await using kubernetes = await startCluster({ mode: "api" });
  using connected = await connect(kubernetes);
  const { cluster, wire } = connected;

  await t.step(
    "apply makes, changes, and removes what it no longer names; equal applies change nothing",
    async () => {
      const made = await cluster.apply(configMap("apply", { a: "1", b: "2" }));
      const same = await cluster.apply(configMap("apply", { a: "1", b: "2" }));
      assertEquals(same.metadata.resourceVersion, made.metadata.resourceVersion);
      const changed = await cluster.apply(configMap("apply", { a: "3" }));
      assertEquals(changed.data, { a: "3" });
      const dry = await cluster.apply(configMap("apply", { a: "4" }), { dryRun: true });
      assertEquals([dry.data, (await cluster.get(ref("apply")))!.data], [{ a: "4" }, { a: "3" }]);
    },
  );

  await t.step(
    "apply: a field that kubectl owns is a conflict that names it, and taken by force",
    async () => {
      await cluster.apply(configMap("conflict", { a: "1" }));
      const other = JSON.stringify(configMap("conflict", { a: "2" }));
      await Deno.writeTextFile(`${kubernetes.kubeconfig}.json`, other);
      const args = [
        "apply",
        "--server-side",
        "--force-conflicts",
        `--filename=${kubernetes.kubeconfig}.json`,
      ];
      await kubernetes.kubectl(...args);
      const error = await assertRejects(() => cluster.apply(configMap("conflict", { a: "3" })), ClusterError);
      assertEquals([error.status, error.reason, error.retriable], [409, "Conflict", false]);
      for (const part of ["ConfigMap default/conflict", "kubectl", ".data.a", "apply with force"]) {
        assertStringIncludes(error.message, part);
      }
      assertEquals((await cluster.apply(configMap("conflict", { a: "3" }), { force: true })).data, {
        a: "3",
      });
    },
  );

  await t.step("create, get, replace and delete, each with its conflict", async () => {
    const first = await cluster.create(configMap("replace", { a: "1" }));
    assertEquals(
      (await assertRejects(() => cluster.create(configMap("replace", {})), ClusterError)).reason,
      "AlreadyExists",
    );
    await cluster.replace({ ...first, data: { a: "2" } });
    const stale = await assertRejects(() => cluster.replace({ ...first, data: { a: "3" } }), ClusterError);
    assertEquals([stale.status, stale.reason], [409, "Conflict"]);
    assertEquals((await cluster.get(ref("replace")))!.data, { a: "2" });
    const metadata = (await cluster.getMetadata(ref("replace")))!;
    assertEquals([metadata.name, metadata.uid], ["replace", first.metadata.uid!]);
    assert(metadata.resourceVersion !== first.metadata.resourceVersion);
    assertEquals(await cluster.getMetadata(ref("nowhere")), undefined);
    assertEquals([await cluster.serves("apps"), await cluster.serves("nothing.example")], [true, false]);
    const other = await assertRejects(
      () => cluster.delete(ref("replace"), { uid: crypto.randomUUID() }),
      ClusterError,
    );
    assertEquals(other.status, 409);
    assertEquals(await cluster.delete(ref("replace"), { uid: first.metadata.uid! }), true);
    assertEquals([await cluster.delete(ref("replace")), await cluster.get(ref("replace"))], [
      false,
      undefined,
    ]);
  });

  await t.step("list: by namespace and label, in pages, with the kind filled in", async () => {
    await Promise.all(Array.from({ length: 260 }, (_, i) => cluster.create(configMap(`list-${i}`, {}))));
    const { items } = await cluster.list(KIND, { namespace: NAMESPACE, labelSelector: "test=list" });
    assertEquals([items.length, items[0]!.kind, items[0]!.apiVersion], [260, "ConfigMap", "v1"]);
  });

  await t.step("a kind that the server lacks is said so, and known as soon as its CRD is there", async () => {
    const widget = { apiVersion: "test.dev/v1", kind: "Widget", namespace: NAMESPACE, name: "w" };
    for (
      const request of [() => cluster.get(widget), () => cluster.delete(widget), () => cluster.list(widget)]
    ) {
      const error = await assertRejects(
        request,
        ClusterError,
        "no kind Widget in test.dev/v1; install its CRD",
      );
      assertEquals([error.status, error.reason], [404, "NoKind"]);
    }
    await cluster.apply(WIDGETS);
    await until("the new kind", () => cluster.get(widget).then(() => true as const, String));
    const made = { ...widget, metadata: { name: "w", namespace: NAMESPACE }, spec: { size: 1 } };
    await cluster.apply(made);
    const status = { ...widget, metadata: made.metadata, status: { ready: true } };
    assertEquals((await cluster.apply(status, { subresource: "status" })).status, { ready: true });
    await kubernetes.kubectl("delete", "crd", "widgets.test.dev");
    await until("the kind to go", async () => {
      const error = await cluster.get(widget).then(() => undefined, (error: ClusterError) => error);
      return error?.reason === "NoKind" || `${error?.message ?? "found"}`;
    });
  });

  await t.step("what the server refuses says which field is wrong", async () => {
    const service = { apiVersion: "v1", kind: "Service", metadata: { name: "s", namespace: NAMESPACE } };
    const error = await assertRejects(
      () => cluster.apply({ ...service, spec: { ports: [{ port: 123_456 }] } }),
      ClusterError,
    );
    assertEquals([error.status, error.retriable], [422, false]);
    assertStringIncludes(error.message, "Service default/s");
    assertStringIncludes(error.message, "spec.ports[0].port");
    const unknown = await assertRejects(
      () => cluster.apply({ ...configMap("x", {}), wrong: 1 }),
      ClusterError,
    );
    assertEquals([unknown.status, unknown.retriable], [422, false]);
  });

  await t.step(
    "a watch ends with its signal, also after a garbage collection's worth of requests",
    async () => {
      const controller = new AbortController();
      const { resourceVersion } = await cluster.list(KIND);
      const watching = cluster.watch(KIND, { resourceVersion, signal: controller.signal });
      const first = watching.next();
      await cluster.apply(configMap("seen", { at: String(performance.now()) }));
      assertEquals((await first).value?.object.metadata.name, "seen");
      const next = watching.next();
      for (let i = 0; i < 300; i++) await cluster.get(ref("seen"));
      controller.abort(new Error("enough"));
      await assertRejects(() => next, Error, "enough");
    },
  );

  await t.step(
    "all of this, and a hundred requests at once with watches, went over one connection",
    async () => {
      await using _cache = await follow(cluster, "none");
      await using _other = await follow(cluster, "none");
      await Promise.all(Array.from({ length: 100 }, () => cluster.get(ref("apply"))));
      assertEquals(wire.accepted, 1);
      const events = await kubernetes.auditEvents({ userAgent: /^finnhub-pipe$/, resource: "configmaps" });
      assert(events.length > 600, `${events.length} requests`);
    },
  );

  await t.step("a connection that is cut: caches follow again within seconds, and miss nothing", async () => {
    await using following = await follow(cluster, "cut");
    wire.cut();
    await kubernetes.apply(JSON.stringify(configMap("cut-1", { a: "1" })));
    await until("the object in the cache", async () => (await following.size()) === 1 || "none", {
      deadline: 10_000,
    });
    assertEquals(following.restarts(), 1);
  });

  await t.step("a service account without rights is told what it may not do", async () => {
    await kubernetes.kubectl("create", "serviceaccount", "nobody", `--namespace=${NAMESPACE}`);
    const kubeconfig = await kubernetes.kubeconfigFor("nobody", NAMESPACE);
    using other = await connect(kubernetes, { kubeconfig });
    const error = await assertRejects(() => other.cluster.list(KIND), ClusterError);
    assertEquals([error.status, error.retriable], [403, false]);
    assertStringIncludes(error.message, "system:serviceaccount:default:nobody");
    assert(!error.message.includes("eyJ"), "no token");
  });

  await t.step(
    "a connection that died without a word is given up, and the next request gets through",
    async () => {
      using dying = await connect(kubernetes, { timeout: 2_000 });
      await using following = await follow(dying.cluster, "dying");
      dying.wire.freeze();
      const error = await assertRejects(
        () => dying.cluster.get(ref("apply")),
        ClusterError,
        "did not answer in 2 s",
      );
      assertEquals([error.status, error.retriable], [0, true]);
      assertEquals((await dying.cluster.get(ref("apply")))!.metadata.name, "apply");
      await kubernetes.apply(JSON.stringify(configMap("dying-1", {})));
      await until("the watch to go on", async () => (await following.size()) === 1 || "not yet", {
        deadline: 5_000,
      });
      assertEquals(dying.wire.accepted, 2);
    },
  );

  await t.step(
    "the API server stops and comes back: errors are clear meanwhile, and the cache catches up",
    async () => {
      await using following = await follow(cluster, "outage");
      await cluster.apply(configMap("outage-1", { a: "1" }));
      await until("the first object", async () => (await following.size()) === 1 || "none");
      await kubernetes.stopApiServer();
      await until("the cache to notice", async () => await following.problem() !== undefined || "no problem");
      const error = await assertRejects(
        () => cluster.get(ref("apply")),
        ClusterError,
        "is the API server up",
      );
      assertEquals([error.status, error.retriable], [0, true]);
      await kubernetes.startApiServer();
      await kubernetes.kubectl("delete", "configmap", "outage-1");
      await kubernetes.apply(JSON.stringify(configMap("outage-2", { a: "1" })));
      await until("the cache to catch up", async () => {
        const names = (await following.names()).join();
        return names === "outage-2" || names;
      }, { deadline: 20_000 });
      assertEquals(await following.problem(), undefined);
    },
  );

  await t.step("a watch from a version that is gone is refused with 410", async () => {
    // A server that was started after that version has not seen what came next.
    const options = { resourceVersion: "1", signal: AbortSignal.timeout(10_000) };
    const error = await assertRejects(() => Array.fromAsync(cluster.watch(KIND, options)), ClusterError);
    assertEquals([error.status, error.retriable], [410, false]);
  });
});
