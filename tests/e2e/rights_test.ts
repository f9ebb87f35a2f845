import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { statements } from "../../src/cassandra/cql.ts";
import { integrationTest } from "../needs.ts";
import { installRelease } from "../services/install.ts";
import { CertificateAuthority, startCassandra, startKafka, until } from "../services/mod.ts";
import { KAFKA_RELEASES } from "../services/releases.ts";
import { runCommand } from "../services/run_command.ts";
import { assertStored } from "./check.ts";
import { framesFile, knownTrades } from "./known_trades.ts";
import { Pipeline } from "./pipeline.ts";
import { replay } from "./replay.ts";
import { runToEnd } from "./role.ts";

const LOGIN = { user: "trades", password: "trades-pass-4711" };
/** cassandra-driver 4.10.0 does, when it is shut down while it connects. */
const LEAVES_TIMERS = true;

/** Kafka's own programs and a stand-in of cqlsh, which needs a Python of its own: it keeps what it is given. */
const PROGRAMS = `
java() { command java -XX:TieredStopAtLevel=1 -cp "$CLASS_PATH" "$@"; }
kafka-topics.sh() { java org.apache.kafka.tools.TopicCommand "$@"; }
kafka-acls.sh() { java kafka.admin.AclCommand "$@"; }
cqlsh() { cat > "$CQL"; }
set -e
`;

integrationTest(
  "setup says all that its logins may not; what it prints lets it and the roles do with less",
  async (t) => {
    await using authority = await CertificateAuthority.make("a CA");
    const certificate = await authority.issue("server", { names: ["DNS:localhost", "IP:127.0.0.1"] });
    await using kafka = await startKafka({ line: "4.4", secure: { certificate, login: LOGIN }, acls: true });
    await using cassandra = await startCassandra({ auth: true });
    const { hosts, login, port } = cassandra;
    await using pipeline = await Pipeline.join(
      { kafka, cassandra: { hosts, port, login: login! } },
      "rights",
      {
        KAFKA_SERVER: kafka.withLogin![0]!,
        KAFKA_TLS: "true",
        KAFKA_CA_FILE: authority.ca,
        KAFKA_SASL_MECHANISM: "scram-sha-512",
        KAFKA_USER: LOGIN.user,
        KAFKA_PASSWORD: LOGIN.password,
        CASSANDRA_USER: LOGIN.user,
        CASSANDRA_PASSWORD: LOGIN.password,
        CASSANDRA_MAKE_LOGINS: "false",
        FINNHUB_STOCKS_TICKERS: "",
      },
    );
    const { topic } = pipeline;
    const keyspace = pipeline.env.CASSANDRA_KEYSPACE!;
    const { default: driver } = await import("cassandra-driver");
    const admin = new driver.Client({
      contactPoints: hosts,
      localDataCenter: cassandra.datacenter,
      protocolOptions: { port },
      credentials: { username: login!.user, password: login!.password },
    });
    try {
      await admin.execute(`CREATE ROLE ${LOGIN.user} WITH LOGIN = true AND PASSWORD = '${LOGIN.password}'`);

      await t.step("all rights that are lacking are said at once, and nothing is made", async () => {
        const { code, stderr } = await runToEnd(["setup"], pipeline.env);
        assertEquals(code, 1);
        assertStringIncludes(
          stderr,
          `Kafka's login trades lacks Create on topic ${topic} and Create on topic ${topic}.dlq; ` +
            `Cassandra's login trades lacks CREATE on keyspace ${keyspace} and ALTER on keyspace ${keyspace} and ` +
            `SELECT on keyspace ${keyspace} and MODIFY on keyspace ${keyspace}`,
        );
        assertStringIncludes(stderr, "finnhub-pipe setup --print");
        const found = await admin.execute("SELECT keyspace_name FROM system_schema.keyspaces");
        assert(!found.rows.some((row) => row.get("keyspace_name") === keyspace));
      });

      await t.step("an administrator runs what is printed, twice", async () => {
        // The administrator comes by the plain port.
        const env = { ...pipeline.env, KAFKA_SERVER: kafka.bootstrap[0]! };
        const { code, stderr, stdout } = await runToEnd(["setup", "--print"], env);
        assertEquals([code, stdout.includes(LOGIN.password)], [0, false], stderr);
        const { classPath } = await installRelease({ ...KAFKA_RELEASES["3.9"], pom: "kafka-tools" });
        const cql = `${authority.folder}/made.cql`;
        for (let run = 0; run < 2; run++) {
          const options = { env: { CLASS_PATH: classPath, CQL: cql } };
          const ran = await runCommand("bash", ["-c", PROGRAMS + stdout], 120_000, options);
          assert(ran.success, ran.output.slice(-3000));
          for (const statement of statements(await Deno.readTextFile(cql))) await admin.execute(statement);
        }
      });

      await t.step("then setup finds all there, and makes nothing", async () => {
        const { code, stderr, stdout } = await runToEnd(["setup"], pipeline.env);
        assertEquals(code, 0, stdout + stderr);
        assert(!/\bmade\b|applied/.test(stdout), stdout);
        assertStringIncludes(stdout, "tables: present");
      });

      await t.step("and every role does its work", async () => {
        const dashboard = pipeline.start("dashboard", ["--listen", "127.0.0.1:0"]);
        const trades = knownTrades(500, 7, "AB");
        await replay(pipeline, await framesFile(authority.folder, trades), ["A", "B"], trades.length);
        await assertStored(pipeline, trades);
        await until("the page to be ready", async () => {
          const { status, text } = await dashboard.readiness();
          return status === 200 || text;
        });
      });
    } finally {
      await admin.shutdown();
    }
  },
  LEAVES_TIMERS,
);
