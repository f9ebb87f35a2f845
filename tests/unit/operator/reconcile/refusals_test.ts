import { assertEquals, assertStringIncludes } from "@std/assert";
import { replicasOf } from "../../../../src/operator/pipeline.ts";
import { refuseLosses } from "../../../../src/operator/reconcile/refusals.ts";
import type { KubernetesObject } from "../../../../src/kubernetes/cluster.ts";
import { desiredState } from "../../../../src/operator/components/desired.ts";
import { ENSEMBLE } from "../../../../src/operator/names.ts";
import { claim, cluster, find, pipeline } from "../cluster_fake.ts";

const three = (server: string, storage = "10Gi", storageClass = "fast") =>
  [0, 1, 2].map((number) => claim(server, number, storage, storageClass));

Deno.test("where there is no data nothing is refused", () => {
  const asked = pipeline({ profile: "ha", kafka: { storage: "1Gi" } });
  assertEquals(refuseLosses(asked, cluster()), { pipeline: asked, refused: [] });
});

Deno.test("fewer servers than hold data are refused, more are not", () => {
  for (const server of ["kafka", "cassandra"] as const) {
    const fewer = refuseLosses(
      pipeline({ [server]: { replicas: 2, storage: "10Gi" } }),
      cluster(...three(server)),
    );
    assertEquals(replicasOf(fewer.pipeline, server), 3);
    assertStringIncludes(fewer.refused.join(), `${server}.replicas: 3 volumes`);
    const more = refuseLosses(
      pipeline({ [server]: { replicas: 4, storage: "10Gi" } }),
      cluster(...three(server)),
    );
    assertEquals([replicasOf(more.pipeline, server), more.refused], [4, []]);
  }
});

Deno.test("going back from profile ha is refused where it would leave data behind", () => {
  const objects = [...three("kafka"), ...three("cassandra", "20Gi"), ...three("zookeeper", "2Gi")];
  const { pipeline: permitted, refused } = refuseLosses(pipeline({ profile: "single" }), cluster(...objects));
  assertEquals(refused.length, 3);
  for (const server of ["zookeeper", "kafka", "cassandra"] as const) {
    assertEquals(replicasOf(permitted, server), 3);
  }
});

Deno.test("a ZooKeeper ensemble keeps its size in both directions", () => {
  for (const replicas of [1, 5]) {
    const asked = pipeline({ zookeeper: { replicas } });
    const { pipeline: permitted, refused } = refuseLosses(asked, cluster(...three("zookeeper", "2Gi")));
    assertEquals(replicasOf(permitted, "zookeeper"), 3);
    assertStringIncludes(refused.join(), "cannot become one of");
  }
});

Deno.test("volumes do not shrink, do not move, and grow only where their class lets them", () => {
  const judge = (spec: object, storageClass: string) =>
    refuseLosses(pipeline(spec), cluster(claim("kafka", 0, "10Gi", storageClass))).refused.join();
  assertStringIncludes(judge({ kafka: { storage: "9Gi" } }, "fast"), "volumes of 10Gi cannot shrink to 9Gi");
  assertEquals(judge({ kafka: { storage: "10240Mi" } }, "slow"), "");
  assertEquals(judge({ kafka: { storage: "11Gi" } }, "fast"), "");
  assertStringIncludes(
    judge({ kafka: { storage: "11Gi" } }, "slow"),
    "storage class slow lets no volume grow",
  );
  assertStringIncludes(judge({ storageClassName: "other" }, "fast"), "storageClassName: Kafka's volumes");
  assertStringIncludes(judge({ storageClassName: "other" }, "fast"), "cannot move to other");
  const own = { storageClassName: "other", kafka: { storageClassName: "fast" } };
  assertEquals(judge(own, "fast"), "");
  assertStringIncludes(judge(own, "slow"), "kafka.storageClassName: Kafka's volumes are of class slow");
});

Deno.test("partitions are never taken away", () => {
  const asked = pipeline({ kafka: { topic: { partitions: 2 } } }, { topic: { partitions: 6 } });
  const { pipeline: permitted, refused } = refuseLosses(asked, cluster());
  assertEquals(permitted.spec.kafka.topic.partitions, 6);
  assertStringIncludes(refused.join(), "set it to 6 or more");
  assertEquals(asked.spec.kafka.topic.partitions, 2);
});

Deno.test("ZooKeeper's size is that of what was applied, however many volumes there are yet", () => {
  const ensemble = (replicas: number, annotations = {}): KubernetesObject => ({
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "zookeeper", annotations },
    spec: { replicas },
  });
  const judge = (replicas: number, ...objects: KubernetesObject[]) => {
    const { pipeline: permitted, refused } = refuseLosses(
      pipeline({ zookeeper: { replicas } }),
      cluster(...objects),
    );
    return [replicasOf(permitted, "zookeeper"), refused.length];
  };
  // A quota refused the others' pods.
  assertEquals(judge(3, ensemble(3), claim("zookeeper", 0, "2Gi")), [3, 0]);
  assertEquals(judge(3, ensemble(3)), [3, 0]);
  assertEquals(judge(1, ensemble(3), claim("zookeeper", 0, "2Gi")), [3, 1]);
  // Somebody scaled it: that is drift, and no ensemble of another size.
  const told = { [ENSEMBLE]: "3" };
  assertEquals(judge(3, ensemble(1, told), ...three("zookeeper", "2Gi")), [3, 0]);
  assertEquals(judge(3, ensemble(0), ...three("zookeeper", "2Gi")), [3, 0]);
  assertEquals(judge(1, ensemble(3, { [ENSEMBLE]: "1" }), ...three("zookeeper", "2Gi")), [1, 0]);
  const applied = find(desiredState(pipeline({ profile: "ha" }), cluster()), "StatefulSet/zookeeper");
  assertEquals(judge(1, applied), [3, 1]);
});

const EXTERNAL = {
  kafka: { bootstrapServers: ["b.example:9092"] },
  cassandra: { contactPoints: ["c.example"], datacenter: "dc" },
};

Deno.test("servers that hold data are left for somebody else's only where that is said", () => {
  for (const server of ["kafka", "cassandra"] as const) {
    const external = { [server]: { external: EXTERNAL[server] } };
    const held = cluster(...three(server, server === "kafka" ? "10Gi" : "20Gi"));
    const kept = refuseLosses(pipeline(external), held);
    assertEquals(kept.pipeline.spec[server].external, undefined);
    assertEquals(replicasOf(kept.pipeline, server), 3);
    assertStringIncludes(kept.refused.join(), `${server}.external: `);
    assertStringIncludes(kept.refused.join(), "set allowDataLeftBehind to true");
    const said = refuseLosses(pipeline({ ...external, allowDataLeftBehind: true }), held);
    assertEquals([said.pipeline.spec[server].external !== undefined, said.refused], [true, []]);
    assertEquals(refuseLosses(pipeline(external), cluster()).refused, [], "a new pipeline has no data");
  }
});

Deno.test("servers of somebody else, over which a pipeline runs, are left only where that is said", () => {
  for (const server of ["kafka", "cassandra"] as const) {
    const external = EXTERNAL[server];
    const status = { [server]: { external } };
    const kept = refuseLosses(pipeline({}, status), cluster());
    assertEquals(kept.pipeline.spec[server].external as object, external);
    assertStringIncludes(kept.refused.join(), `${server}.external: the pipeline runs over somebody else's`);
    assertStringIncludes(kept.refused.join(), "set allowDataLeftBehind to true when it may, or put");
    const said = refuseLosses(pipeline({ allowDataLeftBehind: true }, status), cluster());
    assertEquals([said.pipeline.spec[server].external, said.refused], [undefined, []]);
    // Volumes of before, and the word that they may be left, which need not stay.
    const held = cluster(...three(server, server === "kafka" ? "10Gi" : "20Gi"));
    const left = refuseLosses(pipeline({ [server]: { external } }, status), held);
    assertEquals([left.pipeline.spec[server].external !== undefined, left.refused], [true, []]);
  }
});

Deno.test("what would size servers of somebody else is refused, each field by its name", () => {
  const told = (spec: object) => refuseLosses(pipeline(spec), cluster()).refused;
  const { cassandra, kafka } = EXTERNAL;
  assertEquals(told({ kafka: { external: kafka, topic: { partitions: 8 } } }), []);
  assertEquals(told({ cassandra: { external: cassandra, keyspace: "other", tradesTtl: "7d" } }), []);
  assertEquals(told({ kafka: { external: kafka, replicas: 3 } }), [
    "kafka.replicas: means nothing with kafka.external, since somebody else runs it; take it out",
  ]);
  const all = told({
    kafka: { external: kafka, storage: "20Gi", metadata: "KRaft", pod: { labels: { a: "b" } } },
    zookeeper: { replicas: 3 },
    kafkaController: { storage: "3Gi" },
    cassandra: { external: cassandra, heap: "2G", resources: {} },
  });
  assertEquals(all.length, 2);
  for (
    const field of [
      "kafka.storage",
      "kafka.metadata",
      "kafka.pod",
      "zookeeper.replicas",
      "kafkaController.storage",
      "cassandra.heap",
      "cassandra.resources",
    ]
  ) assertStringIncludes(all.join(), field);
});

Deno.test("the Cassandra web page is refused where somebody else's Cassandra speaks TLS, and only there", () => {
  const asked = (tls?: object) =>
    pipeline({
      profile: "ha",
      cassandraWeb: { enabled: true },
      kafka: { external: EXTERNAL.kafka },
      cassandra: { external: { ...EXTERNAL.cassandra, ...(tls && { tls }) } },
    });
  assertEquals(refuseLosses(asked(), cluster()).refused, []);
  const { refused } = refuseLosses(asked({ caConfigMap: "ca" }), cluster());
  assertStringIncludes(refused.join(), "cassandraWeb.enabled: that page speaks no TLS");
});
