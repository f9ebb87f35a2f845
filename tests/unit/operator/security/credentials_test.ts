import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ClusterError } from "../../../../src/kubernetes/cluster.ts";
import { claim, environment } from "../cluster_fake.ts";
import { NAMESPACE, Reconciling } from "../reconcile/reconciling.ts";

const forbid = () => {
  throw new ClusterError("no", { status: 403, reason: "Forbidden" });
};

Deno.test("passwords that cannot be read make the Pipeline unready, with the remedy and one Event", async () => {
  for (const [spoil, word] of [["lacks a key", "lacks admin-password"], ["403", "manifests/operator.yaml"]]) {
    const stage = new Reconciling({});
    await stage.settle();
    assertEquals(stage.condition("Ready").status, "True");
    if (spoil === "403") {
      stage.server.before = (verb, what) => {
        if (verb === "get" && what.includes("finnhub-pipe-credentials")) forbid();
      };
    } else {
      const secret = stage.find("Secret/finnhub-pipe-credentials")!;
      const { "admin-password": _, ...data } = secret.data as Record<string, string>;
      stage.put({ ...secret, data });
    }
    for (let i = 0; i < 3; i++) await stage.pass();
    assertEquals(
      [stage.condition("Ready").status, stage.condition("Degraded").status],
      ["False", "True"],
      spoil,
    );
    assertStringIncludes(stage.condition("Degraded").message, word!);
    assertEquals(stage.reasons().filter((reason) => reason === "NotRun").length, 1, spoil);
    const { components } = stage.find("Pipeline/pipeline")!.status as { components: unknown[] };
    assert(components.length > 5, "the components are not shown");
  }
});

Deno.test("the passwords belong to the Pipeline as long as its volumes do", async () => {
  const stage = new Reconciling({ volumes: "Delete" });
  const owners = () =>
    stage.find("Secret/finnhub-pipe-credentials")!.metadata.ownerReferences?.map(({ uid }) => uid) ?? [];
  const data = () => stage.find("Secret/finnhub-pipe-credentials")!.data;
  await stage.settle();
  const before = data();
  assertEquals(owners(), ["u1"]);
  for (const [volumes, expected] of [["Retain", []], ["Delete", ["u1"]], ["Retain", []]] as const) {
    stage.change({ volumes });
    await stage.settle();
    assertEquals([owners(), data()], [[...expected], before], volumes);
  }
  // Owners that are not Pipelines are somebody's business.
  const secret = stage.find("Secret/finnhub-pipe-credentials")!;
  const backup = { apiVersion: "v1", kind: "Backup", name: "b", uid: "b1" };
  const former = { apiVersion: "finnhub-pipe.dev/v1alpha1", kind: "Pipeline", name: "pipeline", uid: "u0" };
  stage.put({ ...secret, metadata: { ...secret.metadata, ownerReferences: [backup, former] } });
  await stage.pass();
  assertEquals(owners(), ["b1"]);
});

Deno.test("no new passwords are made for volumes that know others", async () => {
  const stage = new Reconciling({});
  await stage.settle();
  stage.put(claim("cassandra", 0, "20Gi"));
  const before = stage.find("Secret/finnhub-pipe-credentials")!.data;
  // The operator that knows them makes the Secret again.
  stage.remove("Secret/finnhub-pipe-credentials");
  await stage.pass();
  assertEquals(stage.find("Secret/finnhub-pipe-credentials")!.data, before);
  stage.remove("Secret/finnhub-pipe-credentials");
  stage.restart();
  await stage.pass();
  assertEquals(stage.find("Secret/finnhub-pipe-credentials"), undefined);
  const { message } = stage.condition("Degraded");
  for (const word of ["restore it from a backup", `kubectl -n ${NAMESPACE} delete pvc data-cassandra-0`]) {
    assertStringIncludes(message, word);
  }
  stage.remove("PersistentVolumeClaim/data-cassandra-0");
  await stage.pass();
  assert(stage.find("Secret/finnhub-pipe-credentials") !== undefined);
});

Deno.test("an owner that may not be changed is told, and all else goes on", async () => {
  const stage = new Reconciling({});
  await stage.settle();
  stage.server.before = (verb) => verb === "replace" ? forbid() : undefined;
  stage.change({ volumes: "Delete", tickers: ["AAPL"] });
  await stage.settle();
  const { message, reason } = stage.condition("Degraded");
  assertEquals([reason, stage.condition("Ready").status], ["ChangeRefused", "True"]);
  assertStringIncludes(message, "volumes: the Secret with the passwords cannot be kept as they are: no");
  assertEquals(environment(stage.find("Deployment/producer")!).FINNHUB_STOCKS_TICKERS, "AAPL");
});
