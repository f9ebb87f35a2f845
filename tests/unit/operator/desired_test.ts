import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { KubernetesObject } from "../../../src/kubernetes/cluster.ts";
import { desiredState } from "../../../src/operator/desired.ts";
import { isWorkload, type Workload } from "../../../src/operator/manifests.ts";
import { CONFIG_CHECKSUM } from "../../../src/operator/objects.ts";
import { claim, cluster, environment, find, pipeline } from "./cluster_fake.ts";

const desired = (spec = {}, ...objects: KubernetesObject[]) =>
  desiredState(pipeline(spec), cluster(...objects));
const replicas = (components: ReturnType<typeof desired>, name: string) =>
  (find(components, name) as Workload).spec.replicas;
const data = (object: KubernetesObject) => object.data as Record<string, string>;

Deno.test("profile single is one of each, in the order of dependency, without what is off", () => {
  const components = desired();
  assertEquals(components.map(({ name }) => name), [
    "zookeeper",
    "cassandra",
    "kafka",
    "kafdrop",
    "setup",
    "cassandra-web",
    "producer",
    "processor",
    "dashboard",
    "grafana",
  ]);
  const on = components.filter(({ objects }) => objects.length > 0).map(({ name }) => name);
  assert(!on.includes("cassandra-web") && on.includes("dashboard"));
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
  const { "cassandra.yaml": cassandra } = data(find(components, "ConfigMap/cassandra-config"));
  assertStringIncludes(cassandra!, "cassandra-0.cassandra-headless,cassandra-1.cassandra-headless");
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
  const components = desired({ cassandraWeb: { enabled: true } });
  const workloads = components.flatMap(({ objects }) => objects).filter(isWorkload);
  assertEquals(workloads.length, 10);
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
  const components = desired({ cassandraWeb: { enabled: true } });
  for (const { name, objects } of components) {
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
