import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { KubernetesObject } from "../../../../src/kubernetes/cluster.ts";
import { desiredState } from "../../../../src/operator/components/desired.ts";
import { metadataOf } from "../../../../src/operator/metadata.ts";
import { CLUSTER_ID, ENSEMBLE } from "../../../../src/operator/names.ts";
import { replicasOf } from "../../../../src/operator/pipeline.ts";
import { refuseReleases } from "../../../../src/operator/reconcile/kafka_refusals.ts";
import { refuseLosses } from "../../../../src/operator/reconcile/refusals.ts";
import { claim, cluster, pipeline } from "../cluster_fake.ts";

const KRAFT = { kafka: { metadata: "KRaft" } };
const ofKafka = (spec: object): KubernetesObject[] =>
  desiredState(pipeline(spec), cluster()).flatMap(({ objects }) => objects)
    .filter(({ kind, metadata: { name } }) => kind === "StatefulSet" && name.startsWith("kafka"));
const marked = (server: string, controllers: number) => {
  const object = claim(server, 0, server === "kafka" ? "10Gi" : "2Gi");
  object.metadata.annotations = { [CLUSTER_ID]: "abc", [ENSEMBLE]: String(controllers) };
  return object;
};

/** What becomes of a Pipeline, and what is told. */
function judge(spec: object, objects: KubernetesObject[]) {
  const asked = pipeline(spec);
  const observed = cluster(...objects);
  const { pipeline: permitted, refused } = refuseLosses(asked, observed);
  const withheld = refuseReleases(asked, permitted, observed);
  return {
    mode: metadataOf(permitted),
    controllers: replicasOf(permitted, "kafka-controller"),
    held: withheld.flatMap(({ components }) => components),
    told: [...refused, ...withheld.map(({ sentence }) => sentence)].join("; "),
  };
}

const WITH_ZOOKEEPER: [string, KubernetesObject[]][] = [
  ["its servers", ofKafka({ profile: "ha" })],
  ["its volumes alone", [claim("kafka", 0, "10Gi"), claim("zookeeper", 2, "2Gi")]],
];
const IN_KRAFT: [string, KubernetesObject[]][] = [
  ["its servers", ofKafka({ ...KRAFT, profile: "ha" })],
  ["its volumes alone", [marked("kafka", 3), marked("kafka-controller", 3)]],
];

Deno.test("a Kafka with ZooKeeper is not moved to KRaft by a field, nor by an image", () => {
  for (const [what, objects] of WITH_ZOOKEEPER) {
    const field = judge({ ...KRAFT, profile: "ha" }, objects);
    assertEquals([field.mode, field.held], ["ZooKeeper", []], what);
    assertStringIncludes(field.told, "kafka.metadata: Kafka holds data here with ZooKeeper");
    assertStringIncludes(field.told, "set it to ZooKeeper, or make a Pipeline that begins with KRaft");
    const image = judge({ profile: "ha", images: { kafka: "apache/kafka:4.4.0" } }, objects);
    assertEquals([image.mode, image.held], ["ZooKeeper", ["zookeeper", "kafka"]], what);
    assertStringIncludes(image.told, "images.kafka: Kafka runs with ZooKeeper here, which Kafka 4 has not");
    assert(!image.told.includes("kafka.metadata"), "two sentences of one change");
    assertEquals(judge({ profile: "ha", images: { kafka: "apache/kafka:3.9.9" } }, objects).told, "", what);
  }
});

Deno.test("a Kafka in KRaft mode is not moved to ZooKeeper by a field, by its absence, nor by an image", () => {
  for (const [what, objects] of IN_KRAFT) {
    for (const spec of [{ kafka: { metadata: "ZooKeeper" } }, {}]) {
      const field = judge({ ...spec, profile: "ha" }, objects);
      assertEquals([field.mode, field.controllers, field.held], ["KRaft", 3, []], what);
      assertStringIncludes(field.told, "kafka.metadata: Kafka holds data here with KRaft");
      assertStringIncludes(field.told, "set it to KRaft");
    }
    const image = judge({ profile: "ha", images: { kafka: "apache/kafka:3.9.2" } }, objects);
    assertEquals([image.mode, image.held], ["KRaft", ["kafka-controller", "kafka"]], what);
    assertStringIncludes(image.told, "take Kafka 4, or set kafka.metadata to KRaft");
    assertEquals(judge({ ...KRAFT, profile: "ha", images: { kafka: "a/kafka:3.9.2" } }, objects).told, "");
  }
});

Deno.test("where there is no Kafka yet, only what no release can is refused", () => {
  for (const spec of [{}, KRAFT, { images: { kafka: "apache/kafka:4.4.0" } }]) {
    assertEquals(judge(spec, []).told, "");
  }
  const without = judge({ kafka: { metadata: "ZooKeeper" }, images: { kafka: "apache/kafka:4.4.0" } }, []);
  assertEquals(without.held, ["zookeeper", "kafka"]);
  assertStringIncludes(without.told, "kafka.metadata: Kafka 4 has no ZooKeeper; set it to KRaft");
  const early = judge({ ...KRAFT, images: { kafka: "apache/kafka:3.8.1" } }, []);
  assertEquals(early.held, ["kafka-controller", "kafka"]);
  assertStringIncludes(early.told, "controllers need Kafka 3.9 or later");
  const external = { external: { bootstrapServers: ["b.example:9092"] } };
  const theirs = { kafka: { ...external, metadata: "ZooKeeper" }, images: { kafka: "kafka:4.0.0" } };
  assertEquals(judge(theirs, []).held, []);
});

Deno.test("a quorum keeps its number of controllers, and those that are brokers stay so", () => {
  const three = judge({ ...KRAFT, profile: "ha", kafkaController: { replicas: 5 } }, IN_KRAFT[0]![1]);
  assertEquals(three.controllers, 3);
  assertStringIncludes(
    three.told,
    "kafkaController.replicas: a quorum of 3 controllers cannot become one of 5",
  );
  // Without its StatefulSet, which somebody deleted, it is the brokers' that tells.
  const [brokers] = ofKafka({ ...KRAFT, profile: "ha" }).filter(({ metadata }) => metadata.name === "kafka");
  assertEquals(judge({ ...KRAFT, profile: "single" }, [brokers!]).controllers, 3);
  for (const objects of [ofKafka(KRAFT), [marked("kafka", 0)]]) {
    const { controllers, told } = judge({ ...KRAFT, profile: "ha" }, objects);
    assertEquals(controllers, 0);
    assertStringIncludes(told, "the first broker is the controller here");
    assertStringIncludes(told, "set it to 0");
    assertEquals(judge({ ...KRAFT, profile: "ha", kafkaController: { replicas: 0 } }, objects).told, "");
  }
});

Deno.test("brokers with data do not start with controllers that have all lost theirs", () => {
  const { held, told } = judge({ ...KRAFT, profile: "ha" }, [marked("kafka", 3)]);
  assertEquals(held, ["kafka-controller", "kafka"]);
  assertStringIncludes(told, "the volumes of all controllers are gone");
  assertEquals(
    judge({ ...KRAFT, profile: "ha" }, [marked("kafka", 3), marked("kafka-controller", 3)]).held,
    [],
  );
});

Deno.test("the controllers' volumes are kept as other servers' are", () => {
  const { told } = judge(
    { ...KRAFT, profile: "ha", kafkaController: { storage: "1Gi" } },
    [marked("kafka", 3), marked("kafka-controller", 3)],
  );
  assertStringIncludes(told, "kafkaController.storage: volumes of 2Gi cannot shrink to 1Gi");
});
