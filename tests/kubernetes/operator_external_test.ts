import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { type Json, Operating } from "./operating.ts";

const KAFKA = {
  bootstrapServers: ["kafka.example:9094"],
  tls: {},
  sasl: { mechanism: "scram-sha-512", user: "trades", passwordSecret: { name: "theirs", key: "kafka" } },
};
const CASSANDRA = {
  contactPoints: ["cassandra.example"],
  datacenter: "north",
  tls: { caConfigMap: "their-ca" },
  login: { user: "trades", passwordSecret: { name: "theirs", key: "cassandra" } },
};
const OURS = "--selector=app.kubernetes.io/managed-by=finnhub-pipe";
const SERVERS = ["zookeeper", "kafka", "cassandra"];

const CRD = new URL("../../manifests/crd.yaml", import.meta.url);
const theirSecret = (stage: Operating) =>
  stage.kubectl(
    "create",
    "secret",
    "generic",
    "theirs",
    "--from-literal=kafka=a",
    "--from-literal=cassandra=b",
  );

const pipelineWith = (spec: Json) =>
  JSON.stringify({
    apiVersion: "finnhub-pipe.dev/v1alpha1",
    kind: "Pipeline",
    metadata: { name: "pipeline", namespace: "pipeline" },
    spec,
  });

/** Names of the servers' objects that are there. */
async function madeOfServers(stage: Operating): Promise<string[]> {
  const objects = await stage.list("sts,svc,cm,pdb,netpol,pvc,secret", OURS);
  return objects.filter(({ metadata }) => SERVERS.includes(metadata.labels["app.kubernetes.io/name"]))
    .map(({ kind, metadata }) => `${kind}/${metadata.name}`);
}

const envOf = ({ spec }: Json): Record<string, Json> =>
  Object.fromEntries(
    spec.template.spec.containers[0].env.map(({ name, value, valueFrom }: Json) => [
      name,
      value ?? valueFrom.secretKeyRef,
    ]),
  );

integrationTest("a pipeline over servers that somebody else runs", async (t) => {
  await using stage = await Operating.set();
  await theirSecret(stage);
  await stage.kubectl("create", "configmap", "their-ca", "--from-literal=ca.crt=PEM");
  await stage.define(await Deno.readTextFile(CRD), "pipelines.finnhub-pipe.dev");
  await stage.cluster.apply(
    pipelineWith({ profile: "ha", kafka: { external: KAFKA }, cassandra: { external: CASSANDRA } }),
  );
  stage.operator();
  await stage.until("Ready");

  await t.step("is brought up with nothing of Kafka and Cassandra made", async () => {
    assertEquals(await madeOfServers(stage), []);
    const secrets = (await stage.list("secrets", OURS)).map(({ metadata }) => metadata.name);
    assertEquals(secrets, ["finnhub-pipe-credentials"]);
    const env = envOf(await stage.get("deploy", "processor"));
    assertEquals([env.KAFKA_SERVER, env.KAFKA_USER], ["kafka.example:9094", "trades"]);
    assertEquals(env.CASSANDRA_PASSWORD, { name: "theirs", key: "cassandra" });
    const { spec: { egress } } = await stage.get("netpol", "processor");
    assertEquals(egress.flatMap(({ ports }: Json) => ports.map(({ port }: Json) => port)), [
      9094,
      9042,
      53,
      53,
    ]);
    assert(egress.every(({ to }: Json) => to === undefined));
  });

  await t.step("says in its status where they are", async () => {
    const { status } = await stage.get("fpipe", "pipeline");
    assertEquals([status.summary.kafka, status.summary.cassandra], ["external", "external"]);
    const kafka = status.components.find(({ name }: Json) => name === "kafka");
    assertEquals([kafka.state, kafka.message], ["off", "somebody else's, at kafka.example:9094"]);
    assertEquals(status.replication, { kafka: 3, cassandra: 3 });
  });

  await t.step("what cannot be is refused by the API server", async () => {
    const cases: [kafka: Json, words: string][] = [
      [{ ...KAFKA, bootstrapServers: [] }, "should have at least 1 items"],
      [{ ...KAFKA, bootstrapServers: ["kafka.example"] }, "bootstrapServers[0]"],
      [{ ...KAFKA, bootstrapServers: ["user@kafka.example:9092"] }, "bootstrapServers[0]"],
      [{ ...KAFKA, sasl: { ...KAFKA.sasl, mechanism: "gssapi" } }, "Unsupported value"],
      [{ ...KAFKA, sasl: { ...KAFKA.sasl, user: 'me" password="' } }, "sasl.user"],
      [{ sasl: { passwordSecret: null } }, "Required value"],
      [
        { ...KAFKA, sasl: { ...KAFKA.sasl, passwordSecret: { name: "kafka-tls", key: "tls.key" } } },
        "a Secret of the operator's own",
      ],
    ];
    for (const [external, words] of cases) {
      await assertRejects(() => stage.change({ kafka: { external } }), Error, words);
    }
  });

  await t.step("a login without TLS is refused with the remedy, and what runs stays", async () => {
    const before = (await stage.get("deploy", "processor")).spec;
    await stage.change({ kafka: { external: { tls: null } } });
    const { message, reason } = await stage.until("Degraded");
    assertEquals(reason, "ChangeRefused");
    assertStringIncludes(message, "kafka.external.sasl: tcp: shows the password to whoever listens");
    assertEquals((await stage.get("deploy", "processor")).spec, before);
    await stage.change({ kafka: { external: { tls: {} } } });
    await stage.until("Degraded", "False");
    await stage.until("Ready");
  });
});

integrationTest(
  "a running pipeline goes over to another Kafka only where its data may stay behind",
  async (t) => {
    await using stage = await Operating.set();
    await theirSecret(stage);
    stage.operator();
    await stage.until("Ready");
    const uid = (await stage.get("sts", "kafka")).metadata.uid;

    await t.step("else it is refused, and Kafka runs on", async () => {
      await stage.change({ kafka: { external: KAFKA } });
      const { message, reason } = await stage.until("Degraded");
      assertEquals(reason, "ChangeRefused");
      assertStringIncludes(message, "kafka.external: Kafka runs here and its data would stay behind");
      assertEquals((await stage.get("sts", "kafka")).metadata.uid, uid);
      assertEquals(envOf(await stage.get("deploy", "producer")).KAFKA_SERVER, "kafka");
    });

    await t.step(
      "then Kafka and ZooKeeper go, their volumes stay, and Cassandra is not touched",
      async () => {
        await stage.change({ allowDataLeftBehind: true });
        await stage.until("Degraded", "False");
        await stage.until("Ready");
        const left = await madeOfServers(stage);
        assertEquals(left.filter((name) => !/cassandra/.test(name)), []);
        assert(left.includes("StatefulSet/cassandra"));
        const volumes = (await stage.list("pvc")).map(({ metadata }) => metadata.name).sort();
        assertEquals(volumes, ["data-cassandra-0", "data-kafka-0", "data-zookeeper-0"]);
        assertEquals(envOf(await stage.get("deploy", "producer")).KAFKA_SERVER, "kafka.example:9094");
        assertEquals(envOf(await stage.get("deploy", "processor")).CASSANDRA_HOST, "cassandra");
      },
    );

    await t.step(
      "and back only where that is said, too; what would size the other one is refused",
      async () => {
        await stage.change({ allowDataLeftBehind: false, kafka: { heap: "1G" } });
        assertStringIncludes(
          (await stage.until("Degraded")).message,
          "kafka.heap: means nothing with kafka.external",
        );
        await stage.change({ kafka: { external: null } });
        const words = "kafka.external: the pipeline runs over somebody else's Kafka";
        assertStringIncludes((await stage.until("Degraded")).message, words);
        assertEquals(envOf(await stage.get("deploy", "producer")).KAFKA_SERVER, "kafka.example:9094");
        await stage.change({ allowDataLeftBehind: true });
        await stage.until("Degraded", "False");
        await stage.until("Ready");
        assertEquals(envOf(await stage.get("deploy", "producer")).KAFKA_SERVER, "kafka");
      },
    );
  },
);
