import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { desiredState } from "../../../../src/operator/components/desired.ts";
import { PLAIN, type Security } from "../../../../src/operator/security/security.ts";
import { TRANSPORT, wantedTransport } from "../../../../src/operator/security/transport.ts";
import { statusOf } from "../../../../src/operator/status/status.ts";
import type { Workload } from "../../../../src/operator/workload.ts";
import { cluster, environment, find, pipeline } from "../cluster_fake.ts";

const TLS: Security = { ...PLAIN, transport: "required", authorities: "PEM" };
const ofKafka = { name: "their-kafka", key: "password" };
const ofCassandra = { name: "their-cassandra", key: "password" };
const KAFKA = {
  bootstrapServers: ["b1.example:9094", "b2.example:9095"],
  tls: { caConfigMap: "their-kafka-ca" },
  sasl: { mechanism: "scram-sha-512", user: "trades", passwordSecret: ofKafka },
};
const CASSANDRA = {
  contactPoints: ["c1.example", "c2.example"],
  port: 9142,
  datacenter: "north",
  tls: { caConfigMap: "their-cassandra-ca", serverName: "cassandra.example" },
  login: { user: "trader", passwordSecret: ofCassandra },
};
const BOTH = {
  kafka: { external: KAFKA },
  cassandra: { external: CASSANDRA },
  batch: { schedule: "@daily" },
};
const made = (spec: object, security: Security = PLAIN) => desiredState(pipeline(spec), cluster(), security);
const kindsOf = (components: ReturnType<typeof made>, name: string) =>
  components.find((component) => component.name === name)!.objects.map(({ kind }) => kind);
const setupOf = (components: ReturnType<typeof made>) =>
  components.find(({ name }) => name === "setup")!.objects.find(({ kind }) => kind === "Job")!;

/** Ports that a component's pods reach anywhere, but for names; and the components that they reach by their labels. */
function waysOut(components: ReturnType<typeof made>, name: string): unknown[] {
  const { egress } = find(components, `NetworkPolicy/${name}`).spec as {
    egress: { to?: [{ podSelector: { matchLabels: Record<string, string> } }]; ports: { port: number }[] }[];
  };
  return egress.flatMap(({ ports, to }): (number | string) | (number | string)[] =>
    to?.[0].podSelector.matchLabels["app.kubernetes.io/name"] ?? ports.map(({ port }) => port)
  ).filter((way) => way !== 53);
}

const mountsOf = (object: object) => {
  const { spec } = (object as Workload).spec.template;
  const volumes = (spec.volumes ?? []) as { name: string; configMap?: { name: string } }[];
  const mounts = (spec.containers[0].volumeMounts ?? []) as { name: string; mountPath: string }[];
  return Object.fromEntries(
    mounts.map((
      mount,
    ) => [mount.mountPath, volumes.find((each) => each.name === mount.name)?.configMap?.name]),
  );
};

Deno.test("of servers that somebody else runs nothing is made, in any profile", () => {
  for (const profile of ["single", "ha"]) {
    const components = made({ ...BOTH, profile });
    for (const name of ["zookeeper", "kafka", "cassandra"]) assertEquals(kindsOf(components, name), []);
    assertEquals(wantedTransport(pipeline({ ...BOTH, profile })), "plain");
  }
  const kafkaAlone = made({ kafka: { external: KAFKA } });
  assertEquals([kindsOf(kafkaAlone, "zookeeper"), kindsOf(kafkaAlone, "kafka")], [[], []]);
  assert(kindsOf(kafkaAlone, "cassandra").includes("StatefulSet"));
  const cassandraAlone = made({ cassandra: { external: CASSANDRA } });
  assert(kindsOf(cassandraAlone, "zookeeper").includes("StatefulSet"));
  assertEquals(kindsOf(cassandraAlone, "cassandra"), []);
});

Deno.test("roles are pointed at the servers with their TLS and login, and let out to their ports", () => {
  const components = made(BOTH);
  const kafka = {
    KAFKA_SERVER: "b1.example:9094,b2.example:9095",
    KAFKA_TLS: "true",
    KAFKA_CA_FILE: "/etc/kafka-ca/ca.crt",
    KAFKA_SASL_MECHANISM: "scram-sha-512",
    KAFKA_USER: "trades",
    KAFKA_PASSWORD: { secretKeyRef: ofKafka },
  };
  const cassandra = {
    CASSANDRA_HOST: "c1.example,c2.example",
    CASSANDRA_PORT: "9142",
    CASSANDRA_DATACENTER: "north",
    CASSANDRA_TLS: "true",
    CASSANDRA_CA_FILE: "/etc/cassandra-ca/ca.crt",
    CASSANDRA_SERVER_NAME: "cassandra.example",
    CASSANDRA_USER: "trader",
    CASSANDRA_PASSWORD: { secretKeyRef: ofCassandra },
  };
  const roles: [object, object, string][] = [
    [find(components, "Deployment/producer"), kafka, "producer"],
    [find(components, "Deployment/processor"), { ...kafka, ...cassandra }, "processor"],
    [find(components, "Deployment/dashboard"), { ...kafka, ...cassandra }, "dashboard"],
    [setupOf(components), { ...kafka, ...cassandra }, "setup"],
  ];
  const ways = {
    dashboard: [9094, 9095, 9142, "producer"],
    producer: [9094, 9095, 443],
    setup: [9094, 9095, 9142],
  } as Record<string, unknown[]>;
  for (const [object, wanted, name] of roles) {
    const env = environment(object as Workload);
    for (const [variable, value] of Object.entries(wanted)) assertEquals(env[variable], value, name);
    assertEquals(waysOut(components, name).toSorted(), (ways[name] ?? [9094, 9095, 9142]).toSorted(), name);
    assertEquals(mountsOf(object)["/etc/kafka-ca"], "their-kafka-ca", name);
  }
  const setup = environment(setupOf(components));
  assertEquals([setup.KAFKA_REPLICATION, setup.CASSANDRA_REPLICATION], ["3", "3"]);
  assertEquals(setup.CASSANDRA_MAKE_LOGINS, "false");
  for (const user of ["PROCESSOR", "DASHBOARD", "GRAFANA"]) {
    assertEquals(setup[`CASSANDRA_${user}_PASSWORD`], undefined);
  }
  assertEquals(waysOut(components, "batch"), [9142]);
});

Deno.test("without TLS and login no role speaks TLS, and none shows a password of our own", () => {
  const components = made({
    kafka: { external: { bootstrapServers: ["b:9092"], replication: 1 } },
    cassandra: { external: { contactPoints: ["c"], datacenter: "dc", replication: 2 } },
    cassandraWeb: { enabled: true },
  });
  for (const name of ["processor", "dashboard", "grafana", "cassandra-web", "kafdrop"]) {
    const env = environment(find(components, `Deployment/${name}`));
    const shown = Object.keys(env).filter((key) => /_TLS|_USER|_PASSWORD|_SASL|USERNAME/.test(key));
    assertEquals(shown.filter((key) => !key.startsWith("GF_")), [], name);
  }
  const setup = environment(setupOf(components));
  assertEquals([setup.KAFKA_REPLICATION, setup.CASSANDRA_REPLICATION], ["1", "2"]);
});

Deno.test("Grafana and the pages for people use the same servers", () => {
  const components = made(BOTH);
  const grafana = find(components, "Deployment/grafana");
  const env = environment(grafana);
  assertEquals([env.CASSANDRA_HOST, env.CASSANDRA_PORT, env.CASSANDRA_USER], [
    "c1.example",
    "9142",
    "trader",
  ]);
  assertEquals(env.CASSANDRA_PASSWORD, { secretKeyRef: ofCassandra });
  assertEquals(mountsOf(grafana)["/etc/cassandra-ca"], "their-cassandra-ca");
  const { data } = find(components, "ConfigMap/grafana-datasources") as { data?: Record<string, string> };
  assertStringIncludes(data!["datasources.yaml"]!, "caPath: /etc/cassandra-ca/ca.crt");
  assert(waysOut(components, "grafana").includes(9142));

  const kafdrop = find(components, "Deployment/kafdrop");
  assertEquals(environment(kafdrop).KAFKA_BROKERCONNECT, "b1.example:9094,b2.example:9095");
  assertEquals(environment(kafdrop).KAFKA_PASSWORD, { secretKeyRef: ofKafka });
  assertEquals(mountsOf(kafdrop)["/etc/kafka-ca"], "their-kafka-ca");
  const properties = (components: ReturnType<typeof made>) => {
    const { data } = find(components, "ConfigMap/kafdrop-config") as { data?: Record<string, string> };
    return data!["kafka.properties"]!.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  };
  assertEquals(properties(components).filter((line) => !line.startsWith("config.providers")), [
    "security.protocol=SASL_SSL",
    "ssl.truststore.type=PEM",
    "ssl.truststore.location=/etc/kafka-ca/ca.crt",
    "sasl.mechanism=SCRAM-SHA-512",
    'sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="trades" ' +
    'password="${env:KAFKA_PASSWORD}";',
  ]);
  const bare = properties(made({ kafka: { external: { bootstrapServers: ["b:9092"] } } }));
  assertEquals(bare.filter((line) => !line.startsWith("config.providers")), ["security.protocol=PLAINTEXT"]);
});

Deno.test("with one of the servers its own, the other one's clients count as moved to TLS", () => {
  for (const spec of [{ kafka: { external: KAFKA } }, { cassandra: { external: CASSANDRA } }]) {
    const components = made({ ...spec, profile: "ha" }, TLS);
    for (const name of ["producer", "processor", "dashboard", "grafana", "kafdrop"]) {
      const { metadata } = (find(components, `Deployment/${name}`) as Workload).spec.template;
      assertEquals(metadata?.annotations?.[TRANSPORT], "tls", name);
    }
  }
  const processor = find(
    made({ cassandra: { external: CASSANDRA }, profile: "ha" }, TLS),
    "Deployment/processor",
  );
  const env = environment(processor);
  assertEquals([env.KAFKA_SERVER, env.KAFKA_CA_FILE], ["kafka", "/etc/finnhub-pipe/ca.crt"]);
  assertEquals([env.CASSANDRA_CA_FILE, env.CASSANDRA_SERVER_NAME], [
    "/etc/cassandra-ca/ca.crt",
    "cassandra.example",
  ]);
});

Deno.test("the status says of each external server where it is", () => {
  const asked = pipeline(BOTH);
  const passes = desiredState(asked, cluster()).map((component) => ({
    component,
    waitsFor: [],
    applied: true,
    errors: [],
  }));
  const findings = { passes, refused: [], troubles: [], left: [], unborn: new Set<string>(), lag: undefined };
  const { cassandra, components, kafka, summary } = statusOf(asked, cluster(), {
    ...findings,
    security: PLAIN,
  }, 0);
  assertEquals(summary, { kafka: "external", cassandra: "external" });
  assertEquals(kafka, { external: asked.spec.kafka.external! });
  assertEquals(cassandra, { external: asked.spec.cassandra.external! });
  const of = (name: string) => components!.find((component) => component.name === name)!;
  assertEquals([of("kafka").state, of("kafka").message], [
    "off",
    "somebody else's, at b1.example:9094, b2.example:9095",
  ]);
  assertEquals(of("cassandra").message, "somebody else's, at c1.example:9142, c2.example:9142");
  assertEquals(of("zookeeper").message, "Kafka is somebody else's, and what it needs, too");
});
