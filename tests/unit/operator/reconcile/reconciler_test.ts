import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ClusterError, type KubernetesObject } from "../../../../src/kubernetes/cluster.ts";
import { NO_LIMITS } from "../../../../src/operator/reconcile/limits.ts";
import type { PipelineStatus } from "../../../../src/operator/pipeline.ts";
import type { Workload } from "../../../../src/operator/workload.ts";
import { claim, environment } from "../cluster_fake.ts";
import { NAMESPACE, Reconciling } from "./reconciling.ts";

const FORBIDDEN = { feed: { tokenSecret: { name: "finnhub-pipe-credentials", key: "admin-password" } } };
const imageOf = (object: KubernetesObject | undefined) =>
  (object as Workload | undefined)?.spec.template.spec.containers[0].image;
const refuse = (status: number, reason = "Forbidden") => {
  throw new ClusterError("no", { status, reason });
};

Deno.test("of a stored Pipeline that would send away the operator's passwords no producer is made", async () => {
  const stage = new Reconciling(FORBIDDEN);
  await stage.settle();
  assertEquals(stage.find("Deployment/producer"), undefined);
  assert(stage.find("Deployment/processor") !== undefined, "all else goes on");
  const { message, reason, status } = stage.condition("Degraded");
  assertEquals([status, reason], ["True", "ChangeRefused"]);
  assertStringIncludes(
    message,
    "feed.tokenSecret.name: Secret finnhub-pipe-credentials is the operator's own",
  );
  assertStringIncludes(stage.condition("Ready").message, "waits for feed.tokenSecret.name to be corrected");
  stage.change({});
  await stage.settle();
  assertEquals([stage.condition("Ready").status, stage.condition("Degraded").status], ["True", "False"]);
});

Deno.test("a producer that sends the operator's passwords away, made before that was refused, is taken away", async () => {
  const stage = new Reconciling({});
  await stage.settle();
  const producer = structuredClone(stage.find("Deployment/producer")!) as Workload;
  const token = producer.spec.template.spec.containers[0].env!.find(({ name }) =>
    name === "FINNHUB_API_TOKEN"
  )!;
  token.valueFrom = { secretKeyRef: FORBIDDEN.feed.tokenSecret };
  stage.put(producer);
  stage.change(FORBIDDEN);
  await stage.settle();
  assertEquals(stage.find("Deployment/producer"), undefined);
  assertEquals(stage.reasons().filter((reason) => reason === "Pruned").length, 1);
});

Deno.test("what runs goes on with what was applied before, for each field that is refused", async () => {
  const stage = new Reconciling({});
  stage.limits = { ...NO_LIMITS, feedHosts: ["feed.example"], images: ["good.example/"] };
  await stage.settle();
  const [job] = [...stage.server.objects.values()].filter(({ kind }) => kind === "Job");
  const before = structuredClone(
    [...stage.server.objects.values()].filter(({ kind }) => kind === "Deployment"),
  );
  for (
    const spec of [
      { ...FORBIDDEN, tickers: ["AAPL"] },
      { feed: { websocketUrl: "ws://elsewhere/" } },
      { feed: { restUrl: "https://elsewhere/" } },
      { images: { pipeline: "bad.example/pipe:1", grafana: "bad.example/g:1", kafdrop: "bad.example/k:1" } },
      { images: { pullSecrets: ["kafka-tls"] } },
    ]
  ) {
    stage.change(spec);
    await stage.settle();
    const now = [...stage.server.objects.values()].filter(({ kind }) => kind === "Deployment");
    assertEquals(now.map(({ spec }) => spec), before.map(({ spec }) => spec), JSON.stringify(spec));
    assert(stage.find(`Job/${job!.metadata.name}`) !== undefined, "setup was removed");
    assertEquals([stage.condition("Degraded").status, stage.condition("Ready").status], ["True", "True"]);
  }
  stage.change({ images: { grafana: "good.example/g:2" }, tickers: ["AAPL"] });
  await stage.settle();
  assertEquals(imageOf(stage.find("Deployment/grafana")), "good.example/g:2");
  assertEquals(environment(stage.find("Deployment/producer")!).FINNHUB_STOCKS_TICKERS, "AAPL");
  assertEquals(stage.condition("Degraded").status, "False");
});

Deno.test("a setup that stays as it is does not count for partitions and copies that it has not made", async () => {
  const stage = new Reconciling({});
  stage.limits = { ...NO_LIMITS, images: ["good.example/"] };
  await stage.settle();
  const made = () => {
    const { replication, topic } = stage.find("Pipeline/pipeline")!.status as PipelineStatus;
    return { replication, topic };
  };
  const before = { replication: { kafka: 1, cassandra: 1 }, topic: { partitions: 4 } };
  assertEquals(made(), before);
  const kafka = { replicas: 3, topic: { partitions: 8 } };
  stage.change({ images: { pipeline: "bad/pipe:1" }, kafka });
  await stage.settle();
  assertEquals(made(), before);
});

Deno.test("an Ingress does not get the operator's Secrets, and other objects of others are left alone", async () => {
  const exposure = { type: "Ingress", host: "a.example", tlsSecretName: "cassandra-tls" };
  const stage = new Reconciling({ exposure });
  const theirs = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "kafka" },
    spec: { selector: { a: "b" } },
  };
  stage.put(theirs);
  await stage.settle();
  assertEquals(stage.find("Ingress/finnhub-pipe"), undefined);
  assertEquals(stage.find("Service/kafka")!.spec, theirs.spec);
  const degraded = stage.condition("Degraded").message;
  assertStringIncludes(degraded, "Service kafka is somebody else's and is left alone");
  assertStringIncludes(
    degraded,
    `kubectl -n ${NAMESPACE} annotate service kafka finnhub-pipe.dev/adopt=true`,
  );
  // Nobody of ours uses it.
  assertEquals(stage.find("Deployment/producer"), undefined);
  stage.put({
    ...theirs,
    metadata: { ...theirs.metadata, annotations: { "finnhub-pipe.dev/adopt": "true" } },
  });
  stage.now += 120_000;
  await stage.settle();
  assertEquals((stage.find("Service/kafka")!.spec as { ports: unknown[] }).ports.length > 0, true);
  assert(stage.find("Deployment/producer") !== undefined);
});

Deno.test("a volume that somebody else made is not taken for a server of ours", async () => {
  const stage = new Reconciling({ kafka: { storage: "20Gi" } });
  stage.put(claim("kafka", 0, "10Gi"));
  await stage.settle();
  assertEquals(stage.find("StatefulSet/kafka"), undefined);
  assertEquals(stage.find("PersistentVolumeClaim/data-kafka-0"), claim("kafka", 0, "10Gi"));
  assertStringIncludes(
    stage.condition("Degraded").message,
    "PersistentVolumeClaim data-kafka-0 is somebody else's",
  );
  const ours = claim("kafka", 0, "20Gi");
  stage.put({ ...ours, metadata: { ...ours.metadata, labels: { "app.kubernetes.io/name": "kafka" } } });
  await stage.settle();
  assert(stage.find("StatefulSet/kafka") !== undefined);
  assertEquals(stage.condition("Degraded").status, "False");
});

Deno.test("passes that fail are told once, what was seen stays, and the next pass that succeeds sets it right", async () => {
  const stage = new Reconciling({});
  await stage.settle();
  for (let i = 0; i < 3; i++) await stage.fail("the operator fails again and again: no");
  const { message, reason, status } = stage.condition("Ready");
  assertEquals([status, reason, message], ["False", "PassFailed", "the operator fails again and again: no"]);
  assertEquals(stage.condition("Degraded").status, "True");
  assertEquals(stage.condition("Paused").status, "False");
  assertEquals(stage.reasons().filter((reason) => reason === "NotRun").length, 1);
  await stage.pass();
  assertEquals(stage.condition("Ready").status, "True");
});

Deno.test("what an error leaves open is its caller's: a server that cannot be reached ends the pass", async () => {
  const stage = new Reconciling({});
  stage.server.before = (verb) => verb === "apply" ? refuse(0, "Unreachable") : undefined;
  await assertRejects(() => stage.pass(), ClusterError);
});

Deno.test("an operator that no longer sees what there is says so, and goes on", async () => {
  const stage = new Reconciling({});
  await stage.settle();
  stage.blind = ["what is known of the cluster is old: Pod: forbidden"];
  await stage.pass();
  assertEquals([stage.condition("Ready").status, stage.condition("Degraded").status], ["False", "True"]);
  stage.change({ tickers: ["AAPL"] });
  await stage.pass();
  assertEquals(environment(stage.find("Deployment/producer")!).FINNHUB_STOCKS_TICKERS, "AAPL");
});

Deno.test("what cannot be removed is told once, and as removed only when it is", async () => {
  const stage = new Reconciling({});
  await stage.settle();
  stage.server.before = (verb) => verb === "delete" ? refuse(403) : undefined;
  stage.change({ kafdrop: { enabled: false } });
  for (let i = 0; i < 3; i++) await stage.pass();
  const of = (reason: string) => stage.reasons().filter((each) => each === reason).length;
  assertEquals([of("Pruned"), of("NotPruned")], [0, 3]);
  assertStringIncludes(stage.condition("Degraded").message, "Deployment kafdrop is no longer wanted: no");
  assertEquals(stage.condition("Ready").status, "True");
  stage.server.before = () => {};
  for (let i = 0; i < 3; i++) await stage.pass();
  assertEquals([of("Pruned"), stage.condition("Degraded").status], [3, "False"]);
});

Deno.test("requests above limits, and a heap above the memory, are refused before a pod has them", async () => {
  const stage = new Reconciling({});
  await stage.settle();
  const cases: [spec: object, words: string[], concerned: string][] = [
    [
      { cassandra: { heap: "4G" } },
      ["cassandra.heap: a heap of 4G", "3Gi", "about half"],
      "StatefulSet/cassandra",
    ],
    [{ kafka: { resources: { limits: { memory: "400Mi" }, requests: { memory: "400Mi" } } } }, [
      "kafka.heap: a heap of 512m",
      "about a third",
    ], "StatefulSet/kafka"],
    [{ processor: { resources: { requests: { cpu: "2" }, limits: { cpu: "1500m" } } } }, [
      "processor.resources: the request of cpu, 2, is above the limit, 1500m",
    ], "Deployment/processor"],
    // The manifest's own request counts, too.
    [
      { grafana: { resources: { limits: { memory: "64Mi" } } } },
      ["grafana.resources", "192Mi"],
      "Deployment/grafana",
    ],
  ];
  for (const [spec, words, concerned] of cases) {
    const before = stage.find(concerned)!.spec;
    stage.change(spec);
    await stage.settle();
    for (const word of words) assertStringIncludes(stage.condition("Degraded").message, word);
    assertEquals(stage.find(concerned)!.spec, before);
    assertEquals(stage.condition("Ready").status, "True");
  }
  stage.change({ cassandra: { heap: "4G", resources: { limits: { memory: "8Gi" } } } });
  await stage.settle();
  assertEquals(stage.condition("Degraded").status, "False");
  assertEquals(environment(stage.find("StatefulSet/cassandra")!).MAX_HEAP_SIZE, "4G");
});

Deno.test("a stored Pipeline whose name is too long is not run, and says why", async () => {
  const stage = new Reconciling({}, { name: "p".repeat(64) });
  const pipeline = () => stage.find(`Pipeline/${"p".repeat(64)}`)!;
  const found = stage.find.bind(stage);
  stage.find = (name) => name === "Pipeline/pipeline" ? pipeline() : found(name);
  await stage.pass();
  assertStringIncludes(stage.condition("Degraded").message, "more than 63 characters");
  assertEquals([...stage.server.objects.values()].map(({ kind }) => kind), ["Pipeline", "Event"]);
});

Deno.test("pods that are not made are named after a minute, with what says why", async () => {
  const stage = new Reconciling({});
  await stage.settle();
  const set = stage.find("StatefulSet/zookeeper")!;
  const label = { "app.kubernetes.io/managed-by": "finnhub-pipe" };
  set.status = { observedGeneration: 0, replicas: 0, readyReplicas: 0 };
  await stage.pass();
  assertEquals(stage.condition("Degraded").status, "False");
  stage.now += 61_000;
  await stage.pass();
  for (const word of ["zookeeper: pods are not made", "quota", "describe statefulset zookeeper"]) {
    assertStringIncludes(stage.condition("Degraded").message, word);
  }
  // One that is there and not ready is what the others wait for.
  const pod = (ready: string): KubernetesObject => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "zookeeper-0", labels: { ...set.metadata.labels, ...label } },
    status: { phase: "Running", conditions: [{ type: "Ready", status: ready }] },
  });
  stage.put(pod("False"));
  await stage.pass();
  assertEquals(stage.condition("Degraded").status, "False");
  const deployment = stage.find("Deployment/grafana")!;
  const refusal = { type: "ReplicaFailure", status: "True", message: "exceeded quota: few" };
  deployment.status = { ...deployment.status as object, readyReplicas: 0, conditions: [refusal] };
  await stage.pass();
  assertStringIncludes(
    stage.condition("Degraded").message,
    "grafana: pods cannot be made: exceeded quota: few",
  );
});
