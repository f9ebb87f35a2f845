import { assertEquals, assertStringIncludes } from "@std/assert";
import { replicasOf } from "../../../../src/operator/pipeline.ts";
import { refuseLosses } from "../../../../src/operator/reconcile/refusals.ts";
import { claim, cluster, pipeline } from "../cluster_fake.ts";

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
  assertStringIncludes(judge({ storageClassName: "other" }, "fast"), "cannot move to other");
});

Deno.test("partitions are never taken away", () => {
  const asked = pipeline({ kafka: { topic: { partitions: 2 } } }, { topic: { partitions: 6 } });
  const { pipeline: permitted, refused } = refuseLosses(asked, cluster());
  assertEquals(permitted.spec.kafka.topic.partitions, 6);
  assertStringIncludes(refused.join(), "set it to 6 or more");
  assertEquals(asked.spec.kafka.topic.partitions, 2);
});
