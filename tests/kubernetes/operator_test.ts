import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parseAll } from "@std/yaml";
import { integrationTest, secondsFrom } from "../needs.ts";
import { progressOnStderr } from "../services/progress.ts";
import { until } from "../services/until.ts";
import { type Json, Operating } from "./operating.ts";

const MANIFESTS = new URL("../../manifests", import.meta.url).pathname;
/** Kinds that the operator makes, by their short names. */
const MADE = "cm,svc,sts,deploy,job,pdb,netpol";
/** Longest time in which what was changed by hand may stay so, in milliseconds. */
const HEALED = 5_000;
/** How long a cluster in which nothing happens is watched: 5 minutes by STEADY_SECONDS=300. */
const STEADY_MS = 1000 * secondsFrom("STEADY_SECONDS", 20);

const managed = "--selector=app.kubernetes.io/managed-by=finnhub-pipe";
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const nameOf = ({ kind, metadata }: Json): string => `${kind}/${metadata.name}`;

integrationTest("the operator brings up a bare cluster, keeps it, and takes it away", async (t) => {
  const say = progressOnStderr();
  await using stage = await Operating.set();
  const began = performance.now();
  const operator = stage.operator();

  await t.step("from nothing to ready, with the rights of manifests/operator.yaml", async () => {
    await stage.until("Ready");
    say(`bare cluster to Ready: ${Math.round(performance.now() - began)} ms`);
    assertEquals(await stage.refusals(), []);
    const pods = await stage.list("pods");
    assertEquals(
      [...new Set(pods.map(({ metadata }) => metadata.labels["app.kubernetes.io/name"]))].sort(),
      [
        "cassandra",
        "dashboard",
        "grafana",
        "kafdrop",
        "kafka",
        "processor",
        "producer",
        "setup",
        "zookeeper",
      ],
    );
    for (const { metadata, spec } of pods) {
      assert(spec.enableServiceLinks === false && spec.automountServiceAccountToken === false, metadata.name);
    }
  });

  await t.step("the kustomization has the same objects as the files, and the server takes them", async () => {
    const render = await stage.cluster.kubectl("kustomize", MANIFESTS);
    const files = ["crd.yaml", "operator.yaml"].map((name) => Deno.readTextFileSync(`${MANIFESTS}/${name}`));
    const objects = (text: string) => new Map((parseAll(text) as Json[]).map((each) => [nameOf(each), each]));
    assertEquals(objects(render), objects(files.join("---\n")));
    await stage.cluster.kubectl("apply", "-k", MANIFESTS, "--dry-run=server");
  });

  await t.step("in the order in which they need one another", async () => {
    const created = async (kind: string, name: string) =>
      Date.parse((await stage.get(kind, name)).metadata.creationTimestamp);
    const [setup] = await stage.list("job");
    assert(await created("sts", "zookeeper") <= await created("sts", "kafka"));
    const done = Date.parse(setup.status.completionTime);
    for (const role of ["producer", "processor", "dashboard", "grafana"]) {
      assert(await created("deploy", role) >= done - 1000, role);
    }
  });

  await t.step("nothing is written while nothing happens", async () => {
    // Ready is said before the last status of the last pod is in.
    await until("three seconds without a write", async () => {
      const since = new Date();
      await pause(3000);
      const writes = await stage.writes(since);
      return writes.length === 0 || writes.join(", ");
    });
    const since = new Date();
    await pause(STEADY_MS);
    assertEquals(await stage.writes(since), []);
    const resident = await operator.residentMiB();
    say(`the operator's resident memory: ${Math.round(resident)} MiB`);
    assert(resident < 150, `${resident} MiB`);
  });

  await t.step("every object that is deleted by hand comes back", async () => {
    const made = await stage.list(MADE, managed);
    assert(made.length > 25, `${made.length}`);
    const slowest = { name: "", ms: 0 };
    for (const object of made) {
      const name = nameOf(object);
      const start = performance.now();
      await stage.kubectl("delete", name, "--wait=false");
      await until(`${name} to be back`, async () => {
        const found = await stage.find(object.kind, object.metadata.name);
        return found !== undefined && found.metadata.uid !== object.metadata.uid &&
            !found.metadata.deletionTimestamp || "not yet";
      }, { deadline: 20_000, interval: 20 });
      const ms = performance.now() - start;
      if (ms > slowest.ms) Object.assign(slowest, { name, ms });
      // A workload's pods have to go first.
      if (!["StatefulSet", "Deployment", "Job"].includes(object.kind)) {
        assert(ms < HEALED, `${name}: ${ms} ms`);
      }
      await stage.until("Ready");
    }
    say(`slowest to come back: ${slowest.name}, ${Math.round(slowest.ms)} ms, with two runs of kubectl`);
  });

  await t.step("what is edited by hand is set right", async () => {
    const edits: [kind: string, name: string, patch: Json, right: (object: Json) => boolean][] = [
      ["sts", "kafka", { spec: { replicas: 0 } }, ({ spec }) => spec.replicas === 1],
      [
        "svc",
        "kafka",
        { spec: { ports: [{ port: 9092, name: "kafka", targetPort: 1 }] } },
        ({ spec }) => spec.ports[0].targetPort === "kafka",
      ],
      [
        "cm",
        "kafka-config",
        { data: { "server.properties": "log.dirs=/tmp" } },
        ({ data }) => data["server.properties"].includes("/var/lib/kafka"),
      ],
      ["netpol", "cassandra", { spec: { ingress: [{}] } }, ({ spec }) => spec.ingress.length === 2],
      ["pdb", "cassandra", { spec: { maxUnavailable: 3 } }, ({ spec }) => spec.maxUnavailable === 1],
    ];
    for (const [kind, name, patch, right] of edits) {
      const start = performance.now();
      await stage.kubectl("patch", kind, name, "--type=merge", `--patch=${JSON.stringify(patch)}`);
      await until(`${kind}/${name} to be right`, async () => {
        const object = await stage.get(kind, name);
        return right(object) || JSON.stringify(object.spec ?? object.data);
      }, { deadline: HEALED, interval: 20 });
      say(`${kind}/${name} was right again after ${Math.round(performance.now() - start)} ms`);
    }
    const repairs = await operator.metric('finnhub_pipe_operator_drift_repairs_total{kind="StatefulSet"}');
    assert(repairs >= 1, `${repairs} repairs`);
    await stage.until("Ready");
  });

  await t.step("a field that another manager took is taken back, and said so", async () => {
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "zookeeper", namespace: "pipeline" },
      spec: { selector: { "app.kubernetes.io/name": "another" } },
    };
    await stage.cluster.kubectl(
      "apply",
      "-f",
      await file(service),
      "--server-side",
      "--force-conflicts",
      "--field-manager=another",
    );
    await until("the selector to be right", async () => {
      const { spec: { selector } } = await stage.get("svc", "zookeeper");
      return selector["app.kubernetes.io/name"] === "zookeeper" || JSON.stringify(selector);
    }, { deadline: HEALED });
    const events = await stage.list("events");
    assert(
      events.some(({ message, reason }) => reason === "FieldConflict" && message.includes("another")),
      "no Event",
    );
  });

  await t.step("fields that it does not set are anyone's", async () => {
    await stage.kubectl("annotate", "svc", "kafka", "team=market");
    await stage.kubectl("label", "sts", "kafka", "tier=1");
    await pause(1000);
    assertEquals((await stage.get("svc", "kafka")).metadata.annotations.team, "market");
    assertEquals((await stage.get("sts", "kafka")).metadata.labels.tier, "1");
  });

  await t.step(
    "the passwords are random, in the Secret alone, and come back when that is deleted",
    async () => {
      const { data } = await stage.get("secret", "finnhub-pipe-credentials");
      const passwords: string[] = Object.values(data).map((value) => atob(value as string));
      assertEquals(new Set(passwords).size, 5);
      assert(passwords.every((password) => password.length === 48));
      await stage.kubectl("delete", "secret", "finnhub-pipe-credentials");
      await stage.kubectl("annotate", "fpipe", "pipeline", "look=here");
      await until("the Secret to be back", async () => {
        const found = await stage.find("secret", "finnhub-pipe-credentials");
        return JSON.stringify(found?.data) === JSON.stringify(data) || "not yet";
      }, { deadline: HEALED });
      const seen = operator.stderr +
        await stage.kubectl("get", "fpipe,events,cm,deploy,sts,job", "--output=yaml");
      for (const secret of [...passwords, "feed-secret", btoa("feed-secret")]) {
        assert(!seen.includes(secret), "a secret shows");
      }
    },
  );

  await t.step("a Pipeline that is deleted takes everything with it but volumes and passwords", async () => {
    await stage.kubectl("delete", "fpipe", "pipeline");
    await until("everything to be gone", async () => {
      const left = (await stage.list(`${MADE},pods`, managed)).map(nameOf);
      return left.length === 0 || left.join(" ");
    }, { deadline: 60_000 });
    const claims = (await stage.list("pvc")).map(({ metadata }) => metadata.name).sort();
    assertEquals(claims, ["data-cassandra-0", "data-kafka-0", "data-zookeeper-0"]);
    assert(await stage.find("secret", "finnhub-pipe-credentials"), "the passwords are gone");
    assertEquals((await operator.stop()).code, 0);
    // The next start does not make another one.
    const again = stage.operator();
    await again.says(/an earlier one was deleted here/);
    assertEquals(await stage.list("fpipe"), []);
  });

  await t.step("it said nothing alarming", () => {
    assertEquals(operator.stderr.match(/"level":"error".*/g), null);
    assertMatch(operator.stderr, /"message":"leader"/);
    assertStringIncludes(operator.stderr, "operator started");
  });
});

async function file(object: Json): Promise<string> {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(path, JSON.stringify(object));
  return path;
}
