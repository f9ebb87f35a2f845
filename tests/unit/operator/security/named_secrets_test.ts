import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ClusterError, type KubernetesObject } from "../../../../src/kubernetes/cluster.ts";
import { desiredState } from "../../../../src/operator/components/desired.ts";
import { NO_SURROUNDINGS } from "../../../../src/operator/components/definition.ts";
import { namedSecrets } from "../../../../src/operator/components/pods/secrets.ts";
import { SECRETS_CHECKSUM } from "../../../../src/operator/names.ts";
import { PLAIN } from "../../../../src/operator/security/security.ts";
import { isWorkload, type Workload } from "../../../../src/operator/workload.ts";
import { cluster, pipeline } from "../cluster_fake.ts";
import { Reconciling } from "../reconcile/reconciling.ts";

const secret = (resourceVersion: string, name = "finnhub"): KubernetesObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, uid: "s1", resourceVersion },
  data: { token: "c2VjcmV0" },
});
const mark = (stage: Reconciling, name = "Deployment/producer") =>
  (stage.find(name) as Workload).spec.template.metadata?.annotations?.[SECRETS_CHECKSUM];

Deno.test("another token restarts the producer, and nothing else", async () => {
  const stage = new Reconciling({});
  stage.put(secret("7"));
  await stage.settle();
  const before = mark(stage);
  assert(before !== undefined);
  await stage.settle();
  assertEquals(mark(stage), before);
  const versions = () =>
    [...stage.server.objects.values()].filter(isWorkload).map((
      { metadata },
    ) => [metadata.name, metadata.resourceVersion]);
  const old = new Map(versions() as [string, string][]);
  stage.put(secret("8"));
  await stage.settle();
  assert(mark(stage) !== before);
  const changed = versions().filter(([name, version]) => old.get(name!) !== version).map(([name]) => name);
  assertEquals(changed, ["producer"]);
});

Deno.test("of a Secret of others only the metadata is asked for, and nothing of it is written", async () => {
  const stage = new Reconciling({});
  stage.put(secret("7"));
  await stage.settle();
  const asked = stage.server.calls.filter((call) => call.includes("finnhub") && call.includes("Secret"))
    .filter((call) => !call.includes("finnhub-pipe"));
  assert(asked.length > 0);
  assertEquals(asked.filter((call) => !call.startsWith("get metadata of ")), []);
  const written = [...stage.server.objects.values()].filter(({ kind }) => kind !== "Secret");
  assert(!JSON.stringify(written).includes("c2VjcmV0"));
});

Deno.test("a Secret that is gone, or may not be seen, leaves what runs as it is, and is told once", async () => {
  const stage = new Reconciling({});
  stage.put(secret("7"));
  await stage.settle();
  const before = mark(stage);
  stage.remove("Secret/finnhub");
  await stage.settle();
  assertEquals(mark(stage), before);
  stage.server.before = (_, what) => {
    if (what.startsWith("metadata of")) throw new ClusterError("no", { status: 403, reason: "Forbidden" });
  };
  stage.put(secret("8"));
  await stage.settle();
  assertEquals(mark(stage), before);
  const told = stage.events.recent.filter(({ reason }) => reason === "SecretNotSeen");
  assertEquals(told.length, 1);
  for (
    const part of ["kubectl -n trades create role", "--resource-name=finnhub", "trades:finnhub-pipe-operator"]
  ) {
    assertStringIncludes(told[0]!.message, part);
  }
  assertEquals(stage.condition("Ready").status, "True");
  stage.server.before = (_, what) => {
    if (what.startsWith("metadata of")) throw new ClusterError("no", { status: 503, reason: "Unavailable" });
  };
  await assertRejects(() => stage.pass(), ClusterError);
});

Deno.test("the Secrets that variables are made of roll the pods that read them, the operator's own never", () => {
  const name = "GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET";
  const env = [{ name, valueFrom: { secretKeyRef: { name: "sso", key: "k" } } }];
  const wish = pipeline({ grafana: { pod: { env } } });
  assertEquals(namedSecrets(wish), ["finnhub", "sso"]);
  const marks = (versions: [string, string][]) =>
    desiredState(wish, cluster(), PLAIN, { ...NO_SURROUNDINGS, secrets: new Map(versions) }).flatMap((
      { name, objects },
    ) =>
      objects.filter(isWorkload).flatMap(({ spec }) => {
        const found = spec.template.metadata?.annotations?.[SECRETS_CHECKSUM];
        return found === undefined ? [] : [[name, found]];
      })
    );
  const own: [string, string] = ["finnhub-pipe-credentials", "1"];
  const before = marks([["finnhub", "1"], ["sso", "1"], own]);
  assertEquals(before.map(([name]) => name), ["producer", "grafana"]);
  const after = marks([["finnhub", "1"], ["sso", "2"], ["finnhub-pipe-credentials", "2"]]);
  assertEquals(after[0], before[0]);
  assert(after[1]![1] !== before[1]![1]);
  assertEquals(marks([]), []);
});
