import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parse } from "@std/yaml";
import { desiredState } from "../../../../src/operator/components/desired.ts";
import { isCronJob, isWorkload, type Workload } from "../../../../src/operator/workload.ts";
import { KAFKA_LOGIN_KEYS, KAFKA_LOGINS, type Security } from "../../../../src/operator/security/security.ts";
import { refuseLosses } from "../../../../src/operator/reconcile/refusals.ts";
import type { Transport } from "../../../../src/operator/security/transport.ts";
import { cluster, environment, find, pipeline } from "../cluster_fake.ts";

const certificates = { kafka: "k1", cassandra: "c1" };
const all = { batch: { schedule: "@daily" }, kafdrop: { enabled: true } };

const desired = (transport: Transport, more: Partial<Security> = {}) =>
  desiredState(pipeline(all), cluster(), { transport, authorities: "PEM", certificates, ...more });
const data = (components: ReturnType<typeof desired>, name: string) =>
  find(components, `ConfigMap/${name}`).data as Record<string, string>;
const templates = (components: ReturnType<typeof desired>) =>
  new Map(
    components.flatMap(({ objects }) => objects).flatMap((object) => {
      const template = isWorkload(object)
        ? object.spec.template
        : isCronJob(object)
        ? object.spec.jobTemplate.spec.template
        : undefined;
      return template ? [[object.kind + template.spec.containers[0].name, JSON.stringify(template)]] : [];
    }),
  );
const changed = (one: Transport, other: Transport) => {
  const after = templates(desired(other));
  return [...templates(desired(one))].filter(([name, text]) => after.get(name) !== text).map(([name]) => name)
    .sort();
};

Deno.test("plain TCP knows nothing of certificates", () => {
  const text = JSON.stringify(desired("plain"));
  for (const word of ['kafka-tls","defaultMode', "finnhub-pipe-ca", KAFKA_LOGINS, "pipe.dev/transport"]) {
    assert(!text.includes(word), word);
  }
});

Deno.test("each step rolls those that speak otherwise in it, and nobody else", () => {
  const servers = ["StatefulSetcassandra", "StatefulSetkafka"];
  const clients = ["CronJobbackfill", "Deploymentdashboard", "Deploymentgrafana", "Deploymentkafdrop"];
  assertEquals(changed("plain", "offered"), servers);
  assertEquals(
    changed("offered", "preferred"),
    [...clients, "Deploymentprocessor", "Deploymentproducer", "Jobsetup", ...servers].sort(),
  );
  assertEquals(changed("preferred", "required"), servers);
});

Deno.test("a renewed certificate rolls its server, and a CA more those that read the CAs once", () => {
  const before = templates(desired("required"));
  const rolledBy = (more: Partial<Security>) => {
    const after = templates(desired("required", more));
    return [...before].filter(([name, text]) => after.get(name) !== text).map(([name]) => name).sort();
  };
  assertEquals(rolledBy({ certificates: { ...certificates, kafka: "k2" } }), ["StatefulSetkafka"]);
  assertEquals(rolledBy({ authorities: "PEM PEM" }), ["Deploymentgrafana", "Deploymentkafdrop"]);
});

Deno.test("brokers listen, and speak to one another, as the step says", () => {
  const properties = (transport: Transport) => {
    const lines = data(desired(transport), "kafka-config")["server.properties"]!.split("\n");
    const value = (key: string) => lines.find((line) => line.startsWith(`${key}=`))?.slice(key.length + 1);
    return [value("listeners"), value("inter.broker.listener.name"), value("advertised.listeners")];
  };
  const pod = "${env:POD_NAME}.kafka-headless.${env:NAMESPACE}.svc";
  const both = `PLAINTEXT://${pod}:9092,SASL_SSL://${pod}:9093`;
  assertEquals(properties("offered"), ["PLAINTEXT://:9092,SASL_SSL://:9093", "PLAINTEXT", both]);
  assertEquals(properties("preferred"), ["PLAINTEXT://:9092,SASL_SSL://:9093", "SASL_SSL", both]);
  assertEquals(properties("required"), [
    "PLAINTEXT://127.0.0.1:9092,SASL_SSL://:9093",
    "SASL_SSL",
    `SASL_SSL://${pod}:9093`,
  ]);
  assertStringIncludes(data(desired("required"), "kafka-config")["caught-up.sh"]!, "--command-config");
});

Deno.test("a broker's question by TLS is the same, and has more time", () => {
  const probe = (transport: Transport) => {
    const { spec } = find(desired(transport), "StatefulSet/kafka") as Workload;
    return spec.template.spec.containers[0].startupProbe as { timeoutSeconds: number };
  };
  const { timeoutSeconds, ...plain } = probe("plain");
  const { timeoutSeconds: more, ...tls } = probe("required");
  assertEquals(tls, plain);
  assert(more >= 2 * timeoutSeconds, `${more} s`);
});

Deno.test("nodes listen, and speak to one another, as the step says", () => {
  const options = (transport: Transport) => {
    const yaml = parse(data(desired(transport), "cassandra-config")["cassandra.yaml"]!) as {
      client_encryption_options: { optional: boolean };
      server_encryption_options: { optional: boolean; internode_encryption: string };
    };
    const { optional, internode_encryption } = yaml.server_encryption_options;
    return [yaml.client_encryption_options.optional, optional, internode_encryption];
  };
  assertEquals(options("offered"), [true, true, "none"]);
  assertEquals(options("preferred"), [true, true, "all"]);
  assertEquals(options("required"), [false, false, "all"]);
  const ready = (transport: Transport) => data(desired(transport), "cassandra-config")["ready.sh"]!;
  assert(!ready("preferred").includes("openssl") && ready("required").includes("openssl"));
});

Deno.test("each role has a login of its own, and every login that a broker knows is somebody's", () => {
  const components = desired("required");
  const logins = ["producer", "processor", "dashboard"].map((name) => {
    const env = environment(find(components, `Deployment/${name}`));
    assertEquals([env.KAFKA_TLS, env.KAFKA_PORT, env.KAFKA_USER], ["true", "9093", name]);
    assertEquals(env.CASSANDRA_TLS, name === "producer" ? undefined : "true");
    return (env.KAFKA_PASSWORD as { secretKeyRef: { key: string } }).secretKeyRef.key;
  });
  assertEquals(logins, ["producer-password", "processor-password", "dashboard-password"]);
  const setup = components.find(({ name }) => name === "setup")!.objects.find(isWorkload)!;
  assertEquals(environment(setup).KAFKA_USER, "setup");
  const jaas = data(components, "kafka-config")["server.properties"]!;
  const broker = environment(find(components, "StatefulSet/kafka"));
  for (const key of KAFKA_LOGIN_KEYS) {
    const variable = key.toUpperCase().replace("-", "_");
    assertStringIncludes(jaas, `user_${key.replace("-password", "")}="\${env:${variable}}"`);
    assertEquals(broker[variable], { secretKeyRef: { name: KAFKA_LOGINS, key } });
  }
});

Deno.test("who uses a server trusts the pipeline's CA", () => {
  const components = desired("required");
  assertEquals(data(components, "finnhub-pipe-ca"), { "ca.crt": "PEM" });
  for (const name of ["producer", "processor", "dashboard", "grafana", "kafdrop"]) {
    const { spec } = find(components, `Deployment/${name}`) as Workload;
    const volumes = spec.template.spec.volumes as { name: string; configMap?: { name: string } }[];
    const mounts = spec.template.spec.containers[0].volumeMounts as { name: string; mountPath: string }[];
    assertEquals(volumes.filter(({ name }) => name === "ca"), [{
      name: "ca",
      configMap: { name: "finnhub-pipe-ca" },
    }]);
    assertEquals(mounts.find(({ name }) => name === "ca")?.mountPath, "/etc/finnhub-pipe");
  }
  const source = parse(data(components, "grafana-datasources")["datasources.yaml"]!) as {
    datasources: [{ jsonData: Record<string, unknown> }];
  };
  assertEquals(source.datasources[0].jsonData.caPath, "/etc/finnhub-pipe/ca.crt");
  assertStringIncludes(data(components, "kafdrop-config")["kafka.properties"]!, "/etc/finnhub-pipe/ca.crt");
});

Deno.test("a page that speaks no TLS is left out where TLS is wanted, and that is said", () => {
  const wish = { cassandraWeb: { enabled: true }, security: { tls: true } };
  const { pipeline: permitted, refused } = refuseLosses(pipeline(wish), cluster());
  assertEquals(permitted.spec.cassandraWeb.enabled, false);
  assertStringIncludes(refused.join(), "cassandraWeb.enabled: that page speaks no TLS");
  assertEquals(refuseLosses(pipeline({ cassandraWeb: { enabled: true } }), cluster()).refused, []);
});
