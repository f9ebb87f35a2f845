import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { KubernetesObject } from "../../../../src/kubernetes/cluster.ts";
import { componentStatus, type Pass } from "../../../../src/operator/status/component_status.ts";
import { desiredState } from "../../../../src/operator/components/desired.ts";
import { type CronJob, isCronJob, isWorkload, type Workload } from "../../../../src/operator/workload.ts";
import { CONFIG_CHECKSUM } from "../../../../src/operator/names.ts";
import { claim, cluster, environment, find, pipeline } from "../cluster_fake.ts";

const desired = (spec = {}, ...objects: KubernetesObject[]) =>
  desiredState(pipeline(spec), cluster(...objects));
const replicas = (components: ReturnType<typeof desired>, name: string) =>
  (find(components, name) as Workload).spec.replicas;
const data = (object: KubernetesObject) => object.data as Record<string, string>;

Deno.test("profile single is one of each, in the order of dependency, without what is off", () => {
  const components = desired();
  assertEquals(components.map(({ name }) => name), [
    "zookeeper",
    "kafka-controller",
    "cassandra",
    "kafka",
    "kafdrop",
    "setup",
    "cassandra-web",
    "processor",
    "producer",
    "dashboard",
    "grafana",
    "batch",
  ]);
  const on = components.filter(({ objects }) => objects.length > 0).map(({ name }) => name);
  assert(!on.includes("kafka-controller"));
  assert(!on.includes("cassandra-web") && !on.includes("batch") && on.includes("dashboard"));
  const off = desired({ dashboard: { enabled: false } });
  assertEquals(off.find(({ name }) => name === "dashboard")!.objects, []);
  for (const server of ["zookeeper", "kafka", "cassandra"]) {
    assertEquals(replicas(components, `StatefulSet/${server}`), 1);
  }
  const properties = data(find(components, "ConfigMap/kafka-config"))["server.properties"]!;
  assertStringIncludes(properties, "\ndefault.replication.factor=1\nmin.insync.replicas=1\n");
  assert(!data(find(components, "ConfigMap/zookeeper-config"))["zoo.cfg"]!.includes("server.1"));
});

Deno.test("profile ha is three of each server, two processors, three copies, and any one may be away", () => {
  const components = desired({ profile: "ha" });
  for (const server of ["zookeeper", "kafka", "cassandra"]) {
    const set = find(components, `StatefulSet/${server}`) as Workload;
    assertEquals(set.spec.replicas, 3);
    assert(JSON.stringify(set.spec.template.spec.affinity).includes("kubernetes.io/hostname"));
  }
  assertEquals(replicas(components, "Deployment/processor"), 2);
  const properties = data(find(components, "ConfigMap/kafka-config"))["server.properties"]!;
  assertStringIncludes(properties, "\ndefault.replication.factor=3\nmin.insync.replicas=2\n");
  const { "zoo.cfg": zoo } = data(find(components, "ConfigMap/zookeeper-config"));
  assertStringIncludes(zoo!, "server.3=zookeeper-2.zookeeper-headless.trades.svc:2888:3888\n");
  const setup = components.find(({ name }) => name === "setup")!.objects.find(isWorkload)!;
  const { CASSANDRA_REPLICATION, KAFKA_REPLICATION } = environment(setup);
  assertEquals([KAFKA_REPLICATION, CASSANDRA_REPLICATION], ["3", "3"]);
});

Deno.test("the producer is one pod that is replaced, not doubled, and has the token by reference", () => {
  const components = desired({ tickers: ["AAPL", "X:Y"], feed: { tokenSecret: { name: "mine", key: "t" } } });
  const producer = find(components, "Deployment/producer") as Workload;
  assertEquals([producer.spec.replicas, producer.spec.strategy], [1, { type: "Recreate" }]);
  const { FINNHUB_API_TOKEN, FINNHUB_STOCKS_TICKERS } = environment(producer);
  assertEquals(FINNHUB_STOCKS_TICKERS, "AAPL,X:Y");
  assertEquals(FINNHUB_API_TOKEN, { secretKeyRef: { name: "mine", key: "t" } });
});

Deno.test("every pod meets the restricted standard and bears no service account's token", () => {
  const components = desired({ cassandraWeb: { enabled: true }, batch: { schedule: "@daily" } });
  const objects = components.flatMap(({ objects }) => objects);
  const workloads = [
    ...objects.filter(isWorkload),
    ...objects.filter(isCronJob).map(({ metadata, spec }) => ({ metadata, spec: spec.jobTemplate.spec })),
  ];
  assertEquals(workloads.length, 11);
  for (const { metadata: { name }, spec: { template: { spec: pod } } } of workloads) {
    assertEquals([pod.automountServiceAccountToken, pod.enableServiceLinks], [false, false], name);
    const security = pod.securityContext as Record<string, unknown>;
    assertEquals([security.runAsNonRoot, security.seccompProfile], [true, { type: "RuntimeDefault" }], name);
    for (const container of pod.containers) {
      assertEquals(container.securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      }, name);
      assert(container.resources, name);
    }
  }
});

Deno.test("every component with pods has a network policy, and all objects are owned and labelled", () => {
  const components = desired({ cassandraWeb: { enabled: true }, batch: { schedule: "@daily" } });
  for (const { name, objects } of components.filter(({ objects }) => objects.length > 0)) {
    assert(objects.some(({ kind }) => kind === "NetworkPolicy"), name);
    for (const { metadata } of objects) {
      assertEquals(metadata.namespace, "trades");
      assertEquals(metadata.ownerReferences?.[0]?.uid, "u1");
      assertEquals(metadata.labels?.["app.kubernetes.io/managed-by"], "finnhub-pipe");
    }
  }
});

Deno.test("a change of configuration changes the checksum of the pods that read it, and no other's", () => {
  const checksum = (spec: object, set: string) =>
    (find(desired(spec), set) as Workload).spec.template.metadata?.annotations?.[CONFIG_CHECKSUM];
  const more = { kafka: { replicas: 3 } };
  assert(checksum({}, "StatefulSet/kafka") !== checksum(more, "StatefulSet/kafka"));
  assertEquals(checksum({}, "StatefulSet/cassandra"), checksum(more, "StatefulSet/cassandra"));
});

Deno.test("setup is another Job when it has something else to do, and the same when it has not", () => {
  const name = (spec: object) => {
    const { objects } = desired(spec).find((component) => component.name === "setup")!;
    return objects.find(isWorkload)!.metadata.name;
  };
  assertEquals(name({}), name({ tickers: ["A"] }));
  assert(name({}) !== name({ cassandra: { tradesTtl: "7d" } }));
});

Deno.test("the same spec and cluster give the same objects", () => {
  const spec = { profile: "ha", exposure: { type: "Ingress", host: "a.example" } };
  assertEquals(desired(spec), desired(spec));
});

Deno.test("while partitions are raised the producer stops first, and setup waits for it", () => {
  const raised = desiredState(
    pipeline({ kafka: { topic: { partitions: 8 } } }, { topic: { partitions: 4 } }),
    cluster(),
  );
  assertEquals(raised[0]!.name, "producer");
  assertEquals(replicas(raised, "Deployment/producer"), 0);
  assert(raised.find(({ name }) => name === "setup")!.after.includes("producer"));
  const settled = desiredState(pipeline({}, { topic: { partitions: 4 } }), cluster());
  assertEquals(replicas(settled, "Deployment/producer"), 1);
});

Deno.test("a producer of another version waits for the processors of that version, and nothing else for anybody", () => {
  const producer = find(desired(), "Deployment/producer");
  const afterOf = (components: ReturnType<typeof desired>) =>
    components.find(({ name }) => name === "producer")!.after;
  assertEquals(afterOf(desired({}, producer)), ["setup"]);
  assertEquals(afterOf(desired({ tickers: ["A"] }, producer)), ["setup"]);
  const upgraded = desired({ images: { pipeline: "finnhub-pipe:9" } }, producer);
  assertEquals(afterOf(upgraded), ["setup", "processor"]);
  const names = upgraded.map(({ name }) => name);
  assert(names.indexOf("processor") < names.indexOf("producer"), "it would wait for ever");
});

Deno.test("volumes that are smaller than wanted are grown, and a StatefulSet keeps its own template of them", () => {
  const set = find(desired(), "StatefulSet/kafka");
  const components = desired(
    { kafka: { storage: "20Gi" } },
    set,
    claim("kafka", 0, "10Gi"),
    claim("kafka", 1, "20Gi"),
  );
  const grown = components.flatMap(({ objects }) => objects).filter(({ kind }) =>
    kind === "PersistentVolumeClaim"
  );
  assertEquals(grown.map(({ metadata, spec }) => [metadata.name, spec]), [
    ["data-kafka-0", { resources: { requests: { storage: "20Gi" } } }],
  ]);
  const [template] = (find(components, "StatefulSet/kafka") as Workload).spec.volumeClaimTemplates!;
  assertEquals(template!.spec.resources.requests.storage, "10Gi");
});

Deno.test("volumes stay when the Pipeline goes, unless it says otherwise", () => {
  const policy = (spec: object) =>
    (find(desired(spec), "StatefulSet/kafka") as Workload).spec.persistentVolumeClaimRetentionPolicy;
  assertEquals(policy({}), { whenDeleted: "Retain", whenScaled: "Retain" });
  assertEquals(policy({ volumes: "Delete" }), { whenDeleted: "Delete", whenScaled: "Retain" });
});

Deno.test("pages are exposed as asked for, and servers never are", () => {
  const type = (spec: object, name: string) => (find(desired(spec), name).spec as { type?: string }).type;
  assertEquals(type({ exposure: { type: "NodePort" } }, "Service/grafana"), "NodePort");
  assertEquals(type({ exposure: { type: "NodePort" } }, "Service/kafka"), undefined);
  const exposure = { type: "Ingress", host: "trades.example", tlsSecretName: "cert" };
  const { spec } = find(desired({ exposure }), "Ingress/finnhub-pipe");
  assertEquals(JSON.stringify(spec).match(/"path":"[^"]+"/g), ['"path":"/grafana"', '"path":"/"']);
  assertStringIncludes(JSON.stringify(spec), '"tls":[{"hosts":["trades.example"],"secretName":"cert"}]');
});

Deno.test("the batch layer runs by its schedule, as far back and in the way that the spec says", () => {
  const spec = {
    schedule: "*/30 * * * 1-5",
    since: "2h",
    mode: "Check",
    resources: { limits: { memory: "1Gi" } },
  };
  const components = desired({
    batch: spec,
    images: { pipeline: "pipe:2" },
    cassandra: { keyspace: "other" },
  });
  const { schedule, jobTemplate } = (find(components, "CronJob/backfill") as CronJob).spec;
  const { metadata, spec: pod } = jobTemplate.spec.template;
  assertEquals([schedule, pod.containers[0].image], [spec.schedule, "pipe:2"]);
  // By which the network policies find its pods.
  assertEquals(metadata?.labels?.["app.kubernetes.io/name"], "batch");
  const of = environment({ ...find(components, "CronJob/backfill"), spec: jobTemplate.spec });
  assertEquals([of.BATCH_FROM, of.BACKFILL_REPAIR, of.CASSANDRA_KEYSPACE], ["2h", "false", "other"]);
  assertEquals((pod.containers[0].resources as { limits: { memory: string } }).limits.memory, "1Gi");
  assertStringIncludes(JSON.stringify(find(components, "NetworkPolicy/cassandra").spec), '"batch"');
});

Deno.test("the batch layer is degraded while its last run is one that failed, and says where to look", () => {
  const component = desired({ batch: { schedule: "@hourly" } }).find(({ name }) => name === "batch")!;
  const wanted = component.objects.find(isCronJob)!;
  const statusOf = (pass: Partial<Pass>, status?: object) => {
    const live = status === undefined ? [] : [{ ...wanted, status }];
    const whole = { component, waitsFor: [], applied: true, errors: [], ...pass };
    return componentStatus(pipeline(), cluster(...live), whole, { now: 0, unborn: new Set() });
  };
  const [at, before, after] = ["2026-01-01T03:00:00Z", "2026-01-01T02:00:05Z", "2026-01-01T03:00:09Z"];
  assertEquals(statusOf({ waitsFor: ["setup"], applied: false }).state, "waiting");
  assertEquals(statusOf({ applied: false }).state, "progressing");
  assertEquals(statusOf({}, {}).state, "ready");
  const running = { lastScheduleTime: at, active: [{}], lastSuccessfulTime: before };
  assertEquals(statusOf({}, running).state, "ready");
  assertEquals(statusOf({}, { lastScheduleTime: at, lastSuccessfulTime: after }).state, "ready");
  for (const lastSuccessfulTime of [before, undefined]) {
    const { message, state } = statusOf({}, { lastScheduleTime: at, lastSuccessfulTime });
    assertEquals(state, "degraded");
    assertStringIncludes(message, `the run of ${at} failed`);
    assertStringIncludes(message, "kubectl -n trades logs");
  }
  assertEquals(statusOf({ errors: ["no"] }, {}).state, "degraded");
});

Deno.test("a run of the batch layer that has no pod, or one in trouble, is told while it is under way", () => {
  const component = desired({ batch: { schedule: "@hourly" } }).find(({ name }) => name === "batch")!;
  const wanted = component.objects.find(isCronJob)!;
  const began = "2026-01-01T03:00:00Z";
  const underWay = { lastScheduleTime: began, active: [{}] };
  const labels = { "app.kubernetes.io/name": "batch", "app.kubernetes.io/instance": "pipeline" };
  const message = (seconds: number, status?: object, creationTimestamp = began) => {
    const metadata = { name: "backfill-1", labels, creationTimestamp };
    const pods = status === undefined ? [] : [{ apiVersion: "v1", kind: "Pod", metadata, status }];
    const now = Date.parse(began) + 1000 * seconds;
    const pass = { component, waitsFor: [], applied: true, errors: [] };
    const observed = cluster({ ...wanted, status: underWay }, ...pods);
    return componentStatus(pipeline(), observed, pass, { now, unborn: new Set() }).message;
  };
  assertEquals(message(30), "");
  assertStringIncludes(message(61), `the run of ${began} has no pod`);
  assertStringIncludes(message(61, { phase: "Succeeded" }, "2026-01-01T02:00:00Z"), "has no pod");
  assertEquals(message(61, { phase: "Running" }), "");
  // The CronJob is told of its end a moment later.
  assertEquals(message(61, { phase: "Succeeded" }), "");
  const waiting = { reason: "ImagePullBackOff" };
  const containerStatuses = [{ name: "batch", image: "a:1", state: { waiting } }];
  assertStringIncludes(message(5, { phase: "Pending", containerStatuses }), "cannot get its image a:1");
  // One of a run before.
  assertEquals(message(5, { phase: "Failed" }, "2026-01-01T02:00:00Z"), "");
});

Deno.test("the producer's and Grafana's way out is open to what they use, and no further", () => {
  const egress = (spec: object, name: string) =>
    (find(desired(spec), `NetworkPolicy/${name}`).spec as { egress: { to?: unknown; ports: object[] }[] })
      .egress;
  const anywhere = (spec: object, name: string) =>
    egress(spec, name).filter(({ to }) => to === undefined).flatMap(({ ports }) => ports);
  const dns = [{ port: 53, protocol: "UDP" }, { port: 53, protocol: "TCP" }];
  for (const name of ["producer", "grafana"]) {
    assertEquals(anywhere({}, name), [...dns, { port: 443 }]);
    assert(egress({}, name).every(({ ports }) => ports.length > 0), name);
  }
  const feed = { websocketUrl: "ws://simulator:8801/x", restUrl: "http://simulator/api" };
  assertEquals(anywhere({ feed }, "producer"), [...dns, { port: 80 }, { port: 8801 }]);
  const { websocketUrl } = feed;
  assertEquals(anywhere({ feed: { websocketUrl } }, "producer"), [...dns, { port: 443 }, { port: 8801 }]);
});

Deno.test("Grafana knows the address under which browsers find it, by TLS where the Ingress has a certificate", () => {
  const root = (exposure: object) =>
    environment(find(desired({ exposure }), "Deployment/grafana")).GF_SERVER_ROOT_URL;
  const exposure = { type: "Ingress", host: "trades.example" };
  assertEquals(root(exposure), "http://trades.example/grafana/");
  assertEquals(root({ ...exposure, tlsSecretName: "pages-tls" }), "https://trades.example/grafana/");
  assertEquals(root({}), undefined);
});

Deno.test("the live page answers to the names of its Service and of the Ingress, and to no others", () => {
  const hosts = (spec: object) =>
    String(environment(find(desired(spec), "Deployment/dashboard")).PAGE_ALLOW_HOST).split(",");
  const service = [
    "dashboard",
    "dashboard.trades",
    "dashboard.trades.svc",
    "dashboard.trades.svc.cluster.local",
  ];
  assertEquals(hosts({}), service);
  assertEquals(hosts({ exposure: { type: "Ingress", host: "page.example" } }), [...service, "page.example"]);
});
