import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CLUSTER_ID } from "../../src/operator/names.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/until.ts";
import { type Json, Operating } from "./operating.ts";

const CRD = new URL("../../manifests/crd.yaml", import.meta.url);
const PIPELINE = {
  apiVersion: "finnhub-pipe.dev/v1alpha1",
  kind: "Pipeline",
  metadata: { name: "pipeline", namespace: "pipeline" },
};
const imageOf = ({ spec }: Json): string => spec.template.spec.containers[0].image;

integrationTest("a pipeline without ZooKeeper, with controllers in pods of their own", async (t) => {
  await using stage = await Operating.set();
  await stage.define(await Deno.readTextFile(CRD), "pipelines.finnhub-pipe.dev");
  const make = (spec: Json) => stage.cluster.apply(JSON.stringify({ ...PIPELINE, spec }));
  await make({ kafka: { metadata: "KRaft" }, kafkaController: { replicas: 3 } });
  stage.operator();
  await stage.until("Ready");
  const claims = async () =>
    (await stage.list("pvc")).filter(({ metadata }) => /^data-(kafka|zookeeper)/.test(metadata.name));

  await t.step("is brought up, and nothing is made of ZooKeeper", async () => {
    const objects = await stage.list("sts,svc,cm,pdb,netpol,pvc,pods");
    assertEquals(objects.filter(({ metadata }) => metadata.name.includes("zookeeper")), []);
    const { status } = await stage.get("fpipe", "pipeline");
    assertEquals(status.kafka, { metadata: "KRaft" });
    const of = (name: string) => status.components.find((each: Json) => each.name === name);
    assertEquals([of("kafka-controller").ready, of("zookeeper").state], [3, "off"]);
    const ids = (await claims()).map(({ metadata }) => metadata.annotations[CLUSTER_ID]);
    assertEquals([ids.length, new Set(ids).size], [4, 1]);
    assert(ids[0]);
  });

  await t.step("another image rolls the controllers, then the brokers", async () => {
    const image = "apache/kafka:4.4.9";
    await stage.change({ images: { kafka: image } });
    let early = false;
    await until("Kafka to have the new image", async () => {
      const [kafka, controllers] = [
        await stage.get("sts", "kafka"),
        await stage.get("sts", "kafka-controller"),
      ];
      const { readyReplicas, updatedReplicas } = controllers.status;
      const settled = imageOf(controllers) === image && readyReplicas === 3 && updatedReplicas === 3;
      if (imageOf(kafka) === image && !settled) early = true;
      return imageOf(kafka) === image || imageOf(kafka);
    }, { interval: 10 });
    assert(!early, "a broker changed before the controllers had settled");
    await stage.until("Ready");
  });

  await t.step(
    "what it cannot become is refused with the reason and the remedy, and it runs on",
    async () => {
      const before = (await stage.get("sts", "kafka")).spec;
      const cases: [spec: Json, back: Json, words: string][] = [
        [
          { kafka: { metadata: "ZooKeeper" } },
          { kafka: { metadata: "KRaft" } },
          "kafka.metadata: Kafka holds data here with KRaft and cannot go over to ZooKeeper; set it to KRaft",
        ],
        [
          { kafkaController: { replicas: 5 } },
          { kafkaController: { replicas: 3 } },
          "kafkaController.replicas: a quorum of 3 controllers cannot become one of 5; keep 3",
        ],
      ];
      for (const [spec, back, words] of cases) {
        await stage.change(spec);
        const { message, reason } = await stage.until("Degraded");
        assertEquals(reason, "ChangeRefused");
        assertStringIncludes(message, words);
        await stage.change(back);
        await stage.until("Degraded", "False");
      }
      assertEquals((await stage.get("sts", "kafka")).spec, before);
    },
  );

  await t.step("another Pipeline over the volumes that were kept goes on with their id", async () => {
    const [claim] = await claims();
    const id = claim.metadata.annotations[CLUSTER_ID];
    await stage.kubectl("delete", "fpipe", "pipeline", "--cascade=foreground");
    assertEquals((await claims()).length, 4);
    await make({});
    const { message } = await stage.until("Degraded");
    assertStringIncludes(message, "Kafka holds data here with KRaft");
    await stage.change({ kafka: { metadata: "KRaft" }, kafkaController: { replicas: 3 } });
    await stage.until("Ready");
    const { spec } = await stage.get("sts", "kafka");
    const variable = spec.template.spec.containers[0].env.find(({ name }: Json) => name === "CLUSTER_ID");
    assertEquals(variable.value, id);
  });
});
