import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { parse, stringify } from "@std/yaml";
import { integrationTest } from "../needs.ts";
import { until } from "../services/until.ts";
import { type Json, Operating } from "./operating.ts";

const CRD = new URL("../../manifests/crd.yaml", import.meta.url).pathname;
const CREDENTIALS = "finnhub-pipe-credentials";
const ROLE = "finnhub-pipe-operator";

/** The definition as it was before it knew which Secrets are the operator's. */
async function earlierDefinition(): Promise<string> {
  const strip = (node: Json): Json => {
    if (Array.isArray(node)) return node.map(strip);
    if (typeof node !== "object" || node === null) return node;
    const entries = Object.entries(node).filter(([key, value]) =>
      key !== "x-kubernetes-validations" || !JSON.stringify(value).includes("finnhub-pipe-")
    );
    return Object.fromEntries(entries.map(([key, value]) => [key, strip(value)]));
  };
  const text = stringify(strip(parse(await Deno.readTextFile(CRD))) as object, { useAnchors: false });
  assert(!text.includes("startsWith('finnhub-pipe-')"), "a rule is left");
  return text;
}

const attack = {
  tokenSecret: { name: CREDENTIALS, key: "admin-password" },
  websocketUrl: "ws://elsewhere/",
};

/** How often trouble of the whole Pipeline was told in an Event. */
async function told(stage: Operating, text: string): Promise<number> {
  const events = await stage.list("events");
  return events.filter(({ message, reason }) => reason === "NotRun" && message.includes(text)).length;
}

integrationTest("the operator's Secrets are its own, and what becomes of them is told", async (t) => {
  await using stage = await Operating.set();
  await stage.define(await earlierDefinition(), "pipelines.finnhub-pipe.dev");
  const pipeline = { apiVersion: "finnhub-pipe.dev/v1alpha1", kind: "Pipeline" };
  const metadata = { name: "pipeline", namespace: "pipeline" };
  await stage.cluster.apply(JSON.stringify({ ...pipeline, metadata, spec: { feed: attack } }));
  const operator = stage.operator();

  await t.step("a Pipeline that was stored before, and would send them away, gets no producer", async () => {
    const { message, reason } = await stage.until("Degraded");
    assertEquals(reason, "ChangeRefused");
    assertStringIncludes(message, `feed.tokenSecret.name: Secret ${CREDENTIALS} is the operator's own`);
    assertStringIncludes(message, "feed.websocketUrl: ws: shows the token");
    assertStringIncludes(message, "--allow-plain-feed elsewhere");
    await until("all else to run", async () => {
      const ready = await stage.condition("Ready");
      return ready.message ===
          "producer: waits for feed.tokenSecret.name, feed.websocketUrl to be corrected" ||
        ready.message;
    }, { deadline: 60_000 });
    assertEquals(await stage.find("deploy", "producer"), undefined);
  });

  await t.step("the server refuses such a Pipeline by now, and a corrected one runs", async () => {
    await assertRejects(
      () => stage.change({ feed: { ...attack, tokenSecret: { name: "kafka-tls" } } }),
      Error,
      "a Secret of the operator's own",
    );
    await stage.change({ feed: { tokenSecret: { name: "finnhub", key: "token" }, websocketUrl: null } });
    await stage.until("Ready");
    await stage.until("Degraded", "False");
  });

  await t.step("what runs goes on while a plain feed is refused", async () => {
    const before = await stage.get("deploy", "producer");
    await stage.change({ feed: { websocketUrl: "ws://elsewhere/" }, tickers: ["AAPL"] });
    assertStringIncludes((await stage.until("Degraded")).message, "feed.websocketUrl");
    assertEquals((await stage.condition("Ready")).status, "True");
    assertEquals((await stage.get("deploy", "producer")).spec, before.spec);
    await stage.change({ feed: { websocketUrl: null } });
    await stage.until("Degraded", "False");
    await stage.until("Ready");
  });

  await t.step("their owner is the Pipeline as long as the volumes are to go with it", async () => {
    const { data } = await stage.get("secret", CREDENTIALS);
    for (const [volumes, count] of [["Delete", 1], ["Retain", 0]] as const) {
      await stage.change({ volumes });
      await until(`volumes ${volumes}`, async () => {
        const { data: now, metadata: { ownerReferences = [] } } = await stage.get("secret", CREDENTIALS);
        assertEquals(now, data);
        const owned = (await stage.get("sts", "cassandra")).spec.persistentVolumeClaimRetentionPolicy;
        return ownerReferences.length === count && owned.whenDeleted === volumes ||
          `${JSON.stringify(ownerReferences)} ${owned.whenDeleted}`;
      }, { deadline: 20_000 });
    }
  });

  await t.step("passwords that may not be read are told once, and Ready is not what it was", async () => {
    const { rules } = await stage.get("role", ROLE);
    const patch = (rules: Json) =>
      stage.kubectl("patch", "role", ROLE, "--type=merge", `--patch=${JSON.stringify({ rules })}`);
    await patch(rules.filter(({ resourceNames = [] }: Json) => !resourceNames.includes(CREDENTIALS)));
    await stage.change({ tickers: ["MSFT"] });
    const { message } = await stage.until("Degraded");
    assertStringIncludes(message, "the pipeline's passwords cannot be kept");
    assertStringIncludes(message, "kubectl apply -f manifests/operator.yaml");
    assertEquals((await stage.condition("Ready")).status, "False");
    for (const look of ["1", "2"]) {
      await stage.kubectl("annotate", "fpipe", "pipeline", `look=${look}`, "--overwrite");
    }
    await until("three passes", async () => {
      const refused = (await stage.refusals()).filter((each) => each === `get secrets/${CREDENTIALS}`);
      return refused.length >= 3 || `${refused.length}`;
    });
    assertEquals(await told(stage, "the pipeline's passwords cannot be kept"), 1);
    await patch(rules);
    await stage.change({ tickers: ["AAPL"] });
    await stage.until("Ready");
  });

  await t.step("a Secret that lacks a key is told with the key", async () => {
    const { data } = await stage.get("secret", CREDENTIALS);
    const patch = (value: string | null) =>
      stage.kubectl(
        "patch",
        "secret",
        CREDENTIALS,
        `--patch=${JSON.stringify({ data: { "grafana-password": value } })}`,
      );
    await patch(null);
    await stage.change({ tickers: ["MSFT"] });
    assertStringIncludes(
      (await stage.until("Degraded")).message,
      `Secret ${CREDENTIALS} lacks grafana-password`,
    );
    assertEquals((await stage.condition("Ready")).status, "False");
    await patch(data["grafana-password"]);
    await stage.change({ tickers: ["AAPL"] });
    await stage.until("Ready");
  });

  await t.step("an operator that knows no passwords makes none for volumes that know others", async () => {
    const secret = await stage.get("secret", CREDENTIALS);
    assertEquals((await operator.stop()).code, 0);
    await stage.kubectl("delete", "secret", CREDENTIALS);
    stage.operator();
    await stage.change({ tickers: ["MSFT"] });
    const { message } = await stage.until("Degraded");
    for (const word of ["is missing", "data-cassandra-0", "restore it from a backup"]) {
      assertStringIncludes(message, word);
    }
    assertEquals(await stage.find("secret", CREDENTIALS), undefined);
    const { metadata: { labels, name, namespace }, ...rest } = secret;
    await stage.cluster.apply(JSON.stringify({ ...rest, metadata: { labels, name, namespace } }));
    await stage.change({ tickers: ["AAPL"] });
    await stage.until("Ready");
    assertEquals((await stage.get("secret", CREDENTIALS)).data, secret.data);
  });
});

integrationTest("flags of the operator limit images and feeds", async () => {
  await using stage = await Operating.set();
  stage.operator(["--allow-images", "good.example/", "--allow-feed-hosts", "feed.example"]);
  await stage.until("Ready");
  const refusals: [spec: Json, back: Json, words: string][] = [
    [
      { images: { pipeline: "bad.example/pipe:1" } },
      { images: { pipeline: null } },
      "images.pipeline: the operator allows images of good.example/ alone",
    ],
    [
      { feed: { websocketUrl: "wss://elsewhere.example/" } },
      { feed: { websocketUrl: "wss://feed.example/" } },
      "feed.websocketUrl: the operator allows no feed at elsewhere.example",
    ],
  ];
  for (const [spec, back, words] of refusals) {
    const before = (await stage.list("deploy,sts,job")).map(({ metadata, spec }) => [metadata.name, spec]);
    await stage.change(spec);
    assertStringIncludes((await stage.until("Degraded")).message, words);
    assertEquals((await stage.condition("Ready")).status, "True");
    const after = (await stage.list("deploy,sts,job")).map(({ metadata, spec }) => [metadata.name, spec]);
    assertEquals(after, before);
    await stage.change(back);
    await stage.until("Degraded", "False");
    await stage.until("Ready");
  }
  await stage.change({ images: { grafana: "good.example/grafana:1" } });
  await until("another Grafana", async () => {
    const { spec } = await stage.get("deploy", "grafana");
    return spec.template.spec.containers[0].image === "good.example/grafana:1" || "not yet";
  });
});
