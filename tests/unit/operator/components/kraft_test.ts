import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { KubernetesObject } from "../../../../src/kubernetes/cluster.ts";
import { desiredState } from "../../../../src/operator/components/desired.ts";
import { kafkaLine, metadataOf } from "../../../../src/operator/metadata.ts";
import { CLUSTER_ID, ENSEMBLE } from "../../../../src/operator/names.ts";
import { PLAIN, type Security } from "../../../../src/operator/security/security.ts";
import { TRANSPORT, type Transport } from "../../../../src/operator/security/transport.ts";
import type { Workload } from "../../../../src/operator/workload.ts";
import { claim, cluster, environment, find, pipeline } from "../cluster_fake.ts";

const secured = (transport: Transport): Security => ({ ...PLAIN, transport, authorities: "PEM" });
const made = (spec: object, transport: Transport = "plain", ...objects: KubernetesObject[]) =>
  desiredState(pipeline(spec), cluster(...objects), secured(transport));

/** The values of a file of a component's ConfigMap; undefined without the file. */
function properties(components: ReturnType<typeof made>, map: string, file = "server.properties") {
  const { data } = find(components, `ConfigMap/${map}`) as { data?: Record<string, string> };
  const lines = data![file]?.split("\n").filter((line) => /^[a-z]/.test(line));
  return lines && Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

const SINGLE = { kafka: { metadata: "KRaft" } };
const HA = { profile: "ha", ...SINGLE };
const setOf = (components: ReturnType<typeof made>, name: string) =>
  find(components, `StatefulSet/${name}`) as Workload;
const imageOf = (components: ReturnType<typeof made>) =>
  setOf(components, "kafka").spec.template.spec.containers[0].image;

Deno.test("the tag of an image tells the line of Kafka, and whether it needs ZooKeeper", () => {
  const cases: [image: string | undefined, line: [number, number | undefined] | undefined][] = [
    ["apache/kafka:4.4.0", [4, 4]],
    ["registry.example:5000/team/kafka:3.9.2@sha256:0123", [3, 9]],
    ["strimzi/kafka:0.45.0-kafka-3.9.0", [3, 9]],
    ["kafka:v10", [10, undefined]],
    ["kafka:latest", undefined],
    ["kafka:20260101abc", undefined],
    ["kafka:20260101", undefined],
    ["registry.example:5000/kafka", undefined],
    ["kafka@sha256:0123", undefined],
    [undefined, undefined],
  ];
  for (const [image, line] of cases) {
    assertEquals(kafkaLine(image), line && { major: line[0], minor: line[1] }, image);
  }
  const mode = (spec: object) => metadataOf(pipeline(spec));
  const of = (image: string) => mode({ images: { kafka: image } });
  assertEquals([mode({}), mode(SINGLE), mode({ profile: "ha" })], ["ZooKeeper", "KRaft", "ZooKeeper"]);
  assertEquals([of("a/kafka:3.9.9"), of("a/kafka:4.0.0"), of("a/kafka:mine")], [
    "ZooKeeper",
    "KRaft",
    "ZooKeeper",
  ]);
});

Deno.test("in KRaft mode nothing names ZooKeeper, whatever the profile, the image and the transport", () => {
  for (const spec of [SINGLE, HA, { profile: "ha", images: { kafka: "apache/kafka:4.0.1" } }]) {
    for (const transport of ["plain", "required"] as const) {
      const components = made(spec, transport);
      assertEquals(components.find(({ name }) => name === "zookeeper")!.objects, []);
      const objects = components.flatMap(({ objects }) => objects);
      const texts = JSON.stringify(objects);
      assert(!/zookeeper/i.test(texts), texts.match(/.{60}zookeeper.{60}/i)?.[0]);
    }
  }
});

Deno.test("Kafka 4.4 runs where no image is named, and the one that is named else", () => {
  assertEquals(imageOf(made(SINGLE)), "apache/kafka:4.4.0");
  assertEquals(imageOf(made({ ...SINGLE, images: { kafka: "a/kafka:3.9.2" } })), "a/kafka:3.9.2");
  assertEquals(imageOf(made({})), "apache/kafka:3.9.2");
  const controllers = setOf(made(HA), "kafka-controller");
  assertEquals(controllers.spec.template.spec.containers[0].image, "apache/kafka:4.4.0");
});

Deno.test("profile single has no controllers of their own: the first broker is the controller, too", () => {
  const components = made({ kafka: { metadata: "KRaft", replicas: 3 } });
  assertEquals(components.find(({ name }) => name === "kafka-controller")!.objects, []);
  const [broker, first] = [undefined, "combined.properties"].map((file) =>
    properties(components, "kafka-config", file)!
  );
  const voters = "0@kafka-0.kafka-headless.trades.svc:9094";
  const of = (config: Record<string, string>) =>
    ["process.roles", "listeners", "controller.listener.names", "controller.quorum.voters"].map((key) =>
      config[key]
    );
  assertEquals(of(broker!), ["broker", "PLAINTEXT://:9092", "CONTROLLER", voters]);
  assertEquals(of(first!), [
    "broker,controller",
    "PLAINTEXT://:9092,CONTROLLER://:9094",
    "CONTROLLER",
    voters,
  ]);
  const host = "${env:POD_NAME}.kafka-headless.${env:NAMESPACE}.svc";
  assertEquals(first!["advertised.listeners"], `PLAINTEXT://${host}:9092,CONTROLLER://${host}:9094`);
  const policy = JSON.stringify(find(components, "NetworkPolicy/kafka").spec);
  assertStringIncludes(
    policy,
    '{"from":[{"podSelector":{"matchLabels":{"app.kubernetes.io/name":"kafka"}}}],"ports":[{"port":"controller"},',
  );
});

Deno.test("profile ha has three controllers of their own, which are settled before a broker is changed", () => {
  const components = made(HA);
  const set = setOf(components, "kafka-controller");
  assertEquals([set.spec.replicas, set.spec.serviceName], [3, "kafka-controller-headless"]);
  assert(JSON.stringify(set.spec.template.spec.affinity).includes("kubernetes.io/hostname"));
  const voters = [0, 1, 2].map((i) =>
    `10${i}@kafka-controller-${i}.kafka-controller-headless.trades.svc:9094`
  ).join();
  const config = properties(components, "kafka-controller-config")!;
  assertEquals([config["process.roles"], config["controller.quorum.voters"]], ["controller", voters]);
  // Topics that are made get what the controller says.
  assertEquals([config["default.replication.factor"], config["min.insync.replicas"]], ["3", "2"]);
  assertEquals(environment(set).FIRST_ID, "100");
  assertEquals(properties(components, "kafka-config")!["controller.quorum.voters"], voters);
  assertEquals(properties(components, "kafka-config", "combined.properties"), undefined);
  assert(components.find(({ name }) => name === "kafka")!.after.includes("kafka-controller"));
  const { containers: [container], ...pod } = set.spec.template.spec;
  const ofBroker = setOf(components, "kafka").spec.template.spec;
  assertEquals(pod.securityContext, ofBroker.securityContext);
  assertEquals(pod.automountServiceAccountToken, false);
  assertEquals(container.securityContext, ofBroker.containers[0].securityContext);
  assert(container.resources);
  for (const kind of ["Service", "PodDisruptionBudget", "NetworkPolicy"]) {
    const name = kind === "Service" ? "kafka-controller-headless" : "kafka-controller";
    assertEquals(
      find(components, `${kind}/${name}`).metadata.labels?.["app.kubernetes.io/name"],
      "kafka-controller",
    );
  }
});

Deno.test("each step to TLS is understood by those that run the one before, between controllers, too", () => {
  const ways = (["plain", "offered", "preferred", "required"] as const).map((transport) => {
    const components = made(HA, transport);
    const [controller, broker] = ["kafka-controller-config", "kafka-config"].map((map) =>
      properties(components, map)!
    );
    const port = (config: Record<string, string>) =>
      [...new Set(config["controller.quorum.voters"]!.match(/:\d+/g))].join();
    const { template } = setOf(components, "kafka-controller").spec;
    assertEquals(template.metadata?.annotations?.[TRANSPORT], transport === "plain" ? undefined : transport);
    assertEquals(port(controller!), port(broker!));
    return {
      serves: controller!.listeners!.replaceAll("CONTROLLER", "C"),
      names: controller!["controller.listener.names"]!.replaceAll("CONTROLLER", "C"),
      asked: `${broker!["controller.listener.names"]!.replaceAll("CONTROLLER", "C")}${port(broker!)}`,
      login: controller!["sasl.mechanism.controller.protocol"] ?? "none",
    };
  });
  assertEquals(ways, [
    { serves: "C://:9094", names: "C", asked: "C:9094", login: "none" },
    { serves: "C://:9094,C_SSL://:9095", names: "C,C_SSL", asked: "C:9094", login: "PLAIN" },
    { serves: "C://:9094,C_SSL://:9095", names: "C_SSL,C", asked: "C_SSL:9095", login: "PLAIN" },
    { serves: "C://127.0.0.1:9094,C_SSL://:9095", names: "C_SSL,C", asked: "C_SSL:9095", login: "PLAIN" },
  ]);
  const config = properties(made(HA, "required"), "kafka-controller-config")!;
  const host = "${env:POD_NAME}.kafka-controller-headless.${env:NAMESPACE}.svc";
  assertEquals(config["advertised.listeners"], `CONTROLLER_SSL://${host}:9095`);
});

Deno.test("the cluster's id stays with the volumes, whatever becomes of the Pipeline", () => {
  const idOf = (components: ReturnType<typeof made>, name = "kafka") =>
    String(environment(setOf(components, name)).CLUSTER_ID);
  const components = made(HA);
  const id = idOf(components);
  assert(/^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/.test(id), id);
  assertEquals(idOf(components, "kafka-controller"), id);
  for (const name of ["kafka", "kafka-controller"]) {
    const { metadata, spec } = setOf(components, name);
    const marks = { [CLUSTER_ID]: id, [ENSEMBLE]: "3" };
    assertEquals(metadata.annotations, marks);
    assertEquals(spec.volumeClaimTemplates![0]!.metadata.annotations, marks);
  }
  const uid = (uid: string, ...objects: KubernetesObject[]) => {
    const another = pipeline(HA);
    another.metadata.uid = uid;
    return idOf(desiredState(another, cluster(...objects)));
  };
  assertEquals(uid("u1"), id);
  assert(uid("u2") !== id, "another Pipeline's brokers would be taken for this one's");
  const kept = claim("kafka-controller", 1, "2Gi");
  kept.metadata.annotations = { [CLUSTER_ID]: id, [ENSEMBLE]: "3" };
  assertEquals(uid("u2", kept), id);
  assertEquals(uid("u2", setOf(components, "kafka")), id);
});

Deno.test("a StatefulSet whose volumes bear no mark keeps its template of them", () => {
  const before = setOf(made({ profile: "ha" }), "kafka");
  const [template] = setOf(made(HA, "plain", before), "kafka").spec.volumeClaimTemplates!;
  assertEquals(template!.metadata, { name: "data" });
});
