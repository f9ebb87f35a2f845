import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { until } from "../services/until.ts";
import { type Json, Operating } from "./operating.ts";

const NAMESPACE = "pipeline";
const theirs = (apiVersion: string, kind: string, name: string, rest: Json): Json => ({
  apiVersion,
  kind,
  metadata: { name, namespace: NAMESPACE, labels: { team: "other" } },
  ...rest,
});
const selector = { app: "other" };
const rules = {
  http: {
    paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "x", port: { number: 1 } } } }],
  },
};
const template = {
  metadata: { labels: selector },
  spec: { containers: [{ name: "main", image: "example/other:1" }] },
};

/** One of each kind that the operator makes, with the name of one of its objects. */
const OBJECTS: Json[] = [
  theirs("v1", "Service", "kafka", { spec: { selector, ports: [{ port: 9092, name: "kafka" }] } }),
  theirs("v1", "ConfigMap", "kafka-config", { data: { "server.properties": "theirs" } }),
  theirs("apps/v1", "Deployment", "grafana", {
    spec: { replicas: 0, selector: { matchLabels: selector }, template },
  }),
  theirs("policy/v1", "PodDisruptionBudget", "cassandra", {
    spec: { maxUnavailable: 0, selector: { matchLabels: selector } },
  }),
  theirs("networking.k8s.io/v1", "NetworkPolicy", "processor", {
    spec: { podSelector: { matchLabels: selector }, policyTypes: ["Ingress"] },
  }),
  theirs("networking.k8s.io/v1", "Ingress", "finnhub-pipe", { spec: { rules: [rules] } }),
  theirs("v1", "PersistentVolumeClaim", "data-zookeeper-0", {
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  }),
];

integrationTest("objects of others in the namespace are left alone, and can be handed over", async (t) => {
  await using stage = await Operating.set();
  // What the namespace's restricted standard says of the pods is not what is tested here.
  for (const object of OBJECTS) await stage.cluster.apply(JSON.stringify(object));
  const seen = async () =>
    await Promise.all(OBJECTS.map(async ({ kind, metadata: { name } }) => {
      const { data, metadata: { generation, labels, uid }, spec } = await stage.get(kind, name);
      return { kind, uid, labels, generation, data, spec };
    }));
  // The claim gets its volume.
  await stage.kubectl(
    "wait",
    "pvc/data-zookeeper-0",
    "--for=jsonpath={.status.phase}=Bound",
    "--timeout=20s",
  );
  const before = await seen();
  stage.operator();

  await t.step("each is named, with the remedy, and none is changed", async () => {
    const { message } = await stage.until("Degraded");
    assertStringIncludes(message, "PersistentVolumeClaim data-zookeeper-0 is somebody else's");
    await stage.change({ exposure: { type: "Ingress", host: "trades.example" } });
    for (const [kind, name] of [["PodDisruptionBudget", "cassandra"], ["Ingress", "finnhub-pipe"]]) {
      await until(`${kind} ${name} to be named`, async () => {
        const { message } = await stage.condition("Degraded") ?? { message: "" };
        const remedy = `annotate ${kind!.toLowerCase()} ${name} finnhub-pipe.dev/adopt=true`;
        return message.includes(`${kind} ${name} is somebody else's`) && message.includes(remedy) || message;
      }, { deadline: 20_000 });
    }
    assertEquals(await seen(), before);
    assertEquals(await stage.find("sts", "zookeeper"), undefined);
    assertEquals(await stage.refusals(), []);
  });

  await t.step("what is handed over is taken, step by step", async () => {
    for (const { kind, metadata: { name } } of OBJECTS) {
      // What cannot become ours, by its selector, has to go.
      if (kind === "Deployment") await stage.kubectl("delete", kind, name);
      else await stage.kubectl("annotate", kind, name, "finnhub-pipe.dev/adopt=true");
    }
    await stage.until("Ready", "True", 120_000);
    assertEquals((await stage.condition("Degraded")).status, "False");
    const { metadata, spec } = await stage.get("service", "kafka");
    assertEquals([metadata.labels.team, spec.selector.app], ["other", undefined]);
    assertEquals(spec.selector["app.kubernetes.io/name"], "kafka");
    assertEquals(metadata.uid, before[0]!.uid);
  });

  await t.step("what is somebody else's is not deleted with what is no longer wanted", async () => {
    await stage.change({ kafdrop: { enabled: false } });
    await until(
      "Kafdrop to be gone",
      async () => await stage.find("svc", "kafdrop") === undefined || "not yet",
    );
    const service = theirs("v1", "Service", "kafdrop", { spec: { selector, ports: [{ port: 1 }] } });
    await stage.cluster.apply(JSON.stringify(service));
    await stage.change({ tickers: ["AAPL"] });
    await until("another pass", async () => {
      const { spec } = await stage.get("deploy", "producer");
      return JSON.stringify(spec).includes("AAPL") || "not yet";
    });
    await stage.until("Ready");
    assert(await stage.find("svc", "kafdrop") !== undefined);
  });

  await t.step("a label that is taken away makes nothing somebody else's", async () => {
    await stage.kubectl("label", "svc", "cassandra", "app.kubernetes.io/managed-by-");
    await until("the label to be back", async () => {
      const { metadata: { labels } } = await stage.get("svc", "cassandra");
      return labels["app.kubernetes.io/managed-by"] === "finnhub-pipe" || JSON.stringify(labels);
    }, { deadline: 10_000 });
  });

  await t.step(
    "pods that a quota refuses, and one that does not end, are named with the remedy",
    async () => {
      const [grafana] = await stage.list("pods", "--selector=app.kubernetes.io/name=grafana");
      const { name } = grafana.metadata;
      const finalizers = (...finalizers: string[]) =>
        stage.kubectl(
          "patch",
          "pod",
          name,
          `--patch=${JSON.stringify({ metadata: { finalizers } })}`,
          "--type=merge",
        );
      await finalizers("example.dev/wait");
      await stage.kubectl("delete", "pod", name, "--wait=false");
      await stage.kubectl("create", "quota", "none", "--hard=pods=0");
      await stage.kubectl("delete", "pod", "kafka-0");
      await stage.kubectl("delete", "pod", "--selector=app.kubernetes.io/name=dashboard");
      await until("both to be named", async () => {
        const { message } = await stage.condition("Degraded");
        return message.includes("dashboard: pods cannot be made: ") && message.includes("exceeded quota") &&
            message.includes("kafka: pods are not made") || message;
      }, { deadline: 120_000 });
      await until("the third to be named", async () => {
        const { message } = await stage.condition("Degraded");
        return message.includes(`${name} was to have ended by `) &&
            message.includes("kept by example.dev/wait") ||
          message;
      }, { deadline: 240_000 });
      await finalizers();
      await stage.kubectl("delete", "quota", "none");
      await stage.until("Degraded", "False", 180_000);
    },
  );
});
