import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { desiredState } from "../../src/operator/components/desired.ts";
import { isWorkload, type Workload } from "../../src/operator/workload.ts";
import { integrationTest } from "../needs.ts";
import { CertificateAuthority, startCassandra, startKafka } from "../services/mod.ts";
import { cluster, pipeline as pipelineOf } from "../unit/operator/cluster_fake.ts";
import { assertStored } from "./check.ts";
import { framesFile, knownTrades } from "./known_trades.ts";
import { Pipeline } from "./pipeline.ts";
import { replay } from "./replay.ts";
import { runToEnd } from "./role.ts";

const PASSWORDS: Record<string, string> = {
  "theirs kafka": "kafka-pass-4711",
  "theirs cassandra": "cassandra",
};
/** cassandra-driver 4.10.0 does, when it is shut down while it connects. */
const LEAVES_TIMERS = true;

integrationTest(
  "what the operator gives the pods of a pipeline over others' servers makes it run there, as one login of theirs",
  async () => {
    await using authority = await CertificateAuthority.make("their CA");
    const certificate = await authority.issue("server", { names: ["DNS:localhost", "IP:127.0.0.1"] });
    const login = { user: "trades", password: PASSWORDS["theirs kafka"]! };
    await using kafka = await startKafka({ secure: { certificate, login } });
    await using cassandra = await startCassandra({ auth: true, tls: certificate });
    const topic = `external-${crypto.randomUUID().slice(0, 8)}`;
    const asked = pipelineOf({
      kafka: {
        external: {
          bootstrapServers: kafka.withLogin,
          tls: { caConfigMap: "ca" },
          sasl: {
            mechanism: "scram-sha-256",
            user: login.user,
            passwordSecret: { name: "theirs", key: "kafka" },
          },
          replication: 1,
        },
        topic: { name: topic, partitions: 2 },
      },
      cassandra: {
        external: {
          contactPoints: cassandra.hosts,
          port: cassandra.port,
          datacenter: cassandra.datacenter,
          tls: { caConfigMap: "ca" },
          login: { user: "cassandra", passwordSecret: { name: "theirs", key: "cassandra" } },
          replication: 1,
        },
        keyspace: topic.replaceAll("-", "_"),
      },
    });
    const components = desiredState(asked, cluster());
    /** The variables of a component's pods; files and Secrets are those of this machine. */
    const envOf = (name: string): Record<string, string> => {
      const { objects } = components.find((component) => component.name === name)!;
      const [container] = (objects.find(isWorkload) as Workload).spec.template.spec.containers;
      return Object.fromEntries(container.env!.flatMap(({ name, value, valueFrom }) => {
        const { secretKeyRef } = (valueFrom ?? {}) as { secretKeyRef?: { name: string; key: string } };
        const secret = secretKeyRef && PASSWORDS[`${secretKeyRef.name} ${secretKeyRef.key}`];
        const given = name.endsWith("_CA_FILE") ? authority.ca : value ?? secret;
        return given === undefined ? [] : [[name, given]];
      }));
    };

    const setup = await runToEnd(["setup"], envOf("setup"));
    assertEquals(setup.code, 0, setup.stdout + setup.stderr);
    assert(!setup.stdout.includes("login "), "setup makes logins in another's Cassandra");

    const certified = { hosts: cassandra.hosts, port: cassandra.port, ca: cassandra.ca! };
    await using pipeline = await Pipeline.of(
      { kafka, cassandra: { ...certified, login: cassandra.login! } },
      topic,
      { ...envOf("processor"), ...envOf("producer"), FINNHUB_STOCKS_TICKERS: "", KAFKA_GROUP_ID: topic },
    );
    const logins = await pipeline.rows("SELECT role FROM system_auth.roles");
    assertEquals(logins.map((row) => row.get("role")), ["cassandra"], "the factory login is left as it is");
    const trades = knownTrades(1000, 7, "AB");
    await replay(pipeline, await framesFile(authority.folder, trades), ["A", "B"], trades.length);
    await assertStored(pipeline, trades);

    const refused = await runToEnd(["setup", "--wait", "1s"], {
      ...envOf("setup"),
      CASSANDRA_PASSWORD: "wrong",
    });
    assertEquals(refused.code, 1, "a wrong password is not followed by the factory's");
    assertStringIncludes(refused.stderr, "CASSANDRA_PASSWORD");
  },
  LEAVES_TIMERS,
);
