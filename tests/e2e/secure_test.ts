import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { CertificateAuthority, startCassandra, startServices, until } from "../services/mod.ts";
import { sharedServices } from "../services/shared.ts";
import { assertStored } from "./check.ts";
import { framesFile, knownTrades } from "./known_trades.ts";
import { Pipeline } from "./pipeline.ts";
import { replay } from "./replay.ts";
import { runToEnd } from "./role.ts";
import { wrongSettings } from "./wrong_transport.ts";

const KAFKA_LOGIN = { user: "pipeline", password: "kafka-pass-4711" };
const CASSANDRA_LOGIN = { user: "admin", password: "cassandra-pass-4711" };
const OURS = ["DNS:localhost", "IP:127.0.0.1"];
const services = await sharedServices();

/** cassandra-driver 4.10.0 does, when it is shut down while it connects anew to a node that was killed. */
const LEAVES_TIMERS = true;

integrationTest(
  "a whole pipeline by TLS with logins stores every trade once, and each wrong setting has one clear error",
  async (t) => {
    await using authority = await CertificateAuthority.make("the pipeline's CA");
    await using stranger = await CertificateAuthority.make("another CA");
    const certificate = await authority.issue("server", { names: OURS });
    const client = await authority.issue("client", { names: ["DNS:client"] });
    const strange = await stranger.issue("client", { names: ["DNS:client"] });
    await using secured = await startServices({ secure: { certificate, login: KAFKA_LOGIN } });
    const { cassandra: { ca, hosts, port }, kafka } = secured;
    await using pipeline = await Pipeline.join(
      { kafka, cassandra: { hosts, port, ca: ca!, login: CASSANDRA_LOGIN } },
      "secure",
      {
        KAFKA_SERVER: kafka.withLogin![0]!,
        KAFKA_TLS: "true",
        KAFKA_CA_FILE: authority.ca,
        KAFKA_SASL_MECHANISM: "scram-sha-512",
        KAFKA_USER: KAFKA_LOGIN.user,
        KAFKA_PASSWORD: KAFKA_LOGIN.password,
        CASSANDRA_TLS: "true",
        CASSANDRA_CA_FILE: authority.ca,
        CASSANDRA_USER: CASSANDRA_LOGIN.user,
        CASSANDRA_PASSWORD: CASSANDRA_LOGIN.password,
      },
    );
    const setup = async (env: Record<string, string> = {}) => {
      const { code, stderr, stdout } = await runToEnd(["setup", "--wait", "1s", "--log-level", "debug"], {
        ...pipeline.env,
        ...env,
      });
      assert(!/pass-4711/.test(stdout + stderr), "a password was printed");
      const said = stderr.split("\n").filter((line) => line.startsWith("finnhub-pipe: "));
      return { code, stdout, error: said.join("\n"), stderr };
    };

    await t.step("setup", async () => {
      const { code, stderr, stdout } = await setup();
      assertEquals(code, 0, stdout + stderr);
      assertStringIncludes(stdout, "login admin: made");
    });

    const trades = knownTrades(2000, 7, "ABC");
    await t.step("every trade once, in every candle", async () => {
      const dashboard = pipeline.start("dashboard", ["--listen", "127.0.0.1:0"]);
      const { processor, producer } = await replay(
        pipeline,
        await framesFile(authority.folder, trades),
        ["A", "B", "C"],
        trades.length,
      );
      await until("the page to be ready", async () => {
        const { status, text } = await dashboard.readiness();
        return status === 200 || text;
      });
      assertEquals((await producer.stop()).code, 0);
      assertEquals((await processor.stop()).code, 0);
      await assertStored(pipeline, trades);
      for (const { stderr, stdout } of [producer, processor, dashboard]) {
        assert(!/pass-4711/.test(stdout + stderr), "a password was printed");
        assert(!/"level":"(warn|error)"/.test(stderr), stderr);
      }
    });

    await t.step("every trade once, though both servers are killed on the way", async () => {
      const more = knownTrades(2000, 8, "DEF");
      const path = await framesFile(authority.folder, more);
      const simulator = await pipeline.simulator(["--replay", path, "--speed", "20"]);
      const producer = pipeline.start("producer", ["--tickers", "D,E,F"], simulator.env);
      const processor = pipeline.start("processor");
      const sent = () => producer.metric("finnhub_pipe_producer_trades_out_total");
      await until("the first trades to be sent", async () => await sent() > 100 || "they are not");
      Object.assign(secured.cassandra.login!, CASSANDRA_LOGIN);
      await Promise.all([...kafka.servers, ...secured.cassandra.servers].map((server) => server.restart()));
      await until("all trades to be sent", async () => await sent() === more.length || `${await sent()} are`);
      await pipeline.drained();
      assertEquals((await producer.stop()).code, 0);
      assertEquals((await processor.stop()).code, 0);
      for (const { stderr } of [producer, processor]) assert(!/as it is set/.test(stderr), stderr);
      trades.push(...more);
      await until("the test's own session to be back", async () => {
        const answer = pipeline.session.execute("SELECT release_version FROM system.local");
        return await answer.then(() => true as const, String);
      });
      await assertStored(pipeline, trades);
    });

    await t.step("other ways to log in to Kafka", async () => {
      for (
        const env of [
          { KAFKA_SASL_MECHANISM: "plain" },
          {
            KAFKA_SASL_MECHANISM: "SCRAM-SHA-256",
            KAFKA_SERVER: kafka.withLogin![0]!.replace("127.0.0.1", "localhost"),
          },
          {
            KAFKA_SERVER: kafka.withCertificate![0]!,
            KAFKA_SASL_MECHANISM: "",
            KAFKA_USER: "",
            KAFKA_PASSWORD: "",
            KAFKA_CERT_FILE: client.cert,
            KAFKA_KEY_FILE: client.key,
          },
        ]
      ) {
        const { code, stderr, stdout } = await setup(env);
        assertEquals(code, 0, stdout + stderr);
      }
    });

    await t.step("a CA that is replaced on the disk is used without a restart", async () => {
      // As Kubernetes mounts a Secret: a link to a link, of which the inner one is replaced.
      const folder = `${authority.folder}/mounted`;
      await Deno.mkdir(folder);
      await Deno.symlink(stranger.folder, `${folder}/data`);
      await Deno.symlink("data/ca.crt", `${folder}/ca.crt`);
      const ours = { KAFKA_CA_FILE: `${folder}/ca.crt`, CASSANDRA_CA_FILE: `${folder}/ca.crt` };
      const dashboard = pipeline.start("dashboard", ["--listen", "127.0.0.1:0"], ours);
      await dashboard.says(/signed by no CA that is trusted: set KAFKA_CA_FILE/);
      await dashboard.says(/signed by no CA that is trusted: set CASSANDRA_CA_FILE/);
      await Deno.symlink(authority.folder, `${folder}/new`);
      await Deno.rename(`${folder}/new`, `${folder}/data`);
      await dashboard.says(/read anew/);
      await until("the page to be ready", async () => {
        const { status, text } = await dashboard.readiness();
        return status === 200 || text;
      });
    });

    const old = await authority.issue("old", { names: OURS, days: -1 });
    using expired = Deno.listenTls({
      hostname: "127.0.0.1",
      port: 0,
      cert: await Deno.readTextFile(old.cert),
      key: await Deno.readTextFile(old.key),
    });
    refuseAll(expired);
    const scene = {
      kafka,
      authority,
      client,
      stranger,
      strange,
      expired: `127.0.0.1:${expired.addr.port}`,
    };
    for (const wrong of wrongSettings(scene)) {
      await t.step(wrong.what, async () => {
        const { code, error, stderr, stdout } = await setup(wrong.env);
        assertEquals(code, wrong.code, stdout + stderr);
        assertMatch(error, /^finnhub-pipe: [^\n]+$/);
        assertMatch(error, wrong.error);
      });
    }
  },
  LEAVES_TIMERS,
);

integrationTest("a Cassandra that wants client certificates lets in those of its CA", async () => {
  await using authority = await CertificateAuthority.make("the pipeline's CA");
  await using stranger = await CertificateAuthority.make("another CA");
  const client = await authority.issue("client", { names: ["DNS:client"] });
  const strange = await stranger.issue("client", { names: ["DNS:client"] });
  const tls = await authority.issue("server", { names: OURS });
  await using cassandra = await startCassandra({ tls, client });
  await using pipeline = await Pipeline.join(services, "client-certificate", {
    CASSANDRA_HOST: "localhost",
    CASSANDRA_PORT: String(cassandra.port),
    CASSANDRA_TLS: "true",
    CASSANDRA_CA_FILE: authority.ca,
  });
  const setup = (env: Record<string, string>) =>
    runToEnd(["setup", "--wait", "1s"], { ...pipeline.env, ...env });
  const welcome = await setup({ CASSANDRA_CERT_FILE: client.cert, CASSANDRA_KEY_FILE: client.key });
  assertEquals(welcome.code, 0, welcome.stdout + welcome.stderr);
  const without = await setup({});
  assertEquals(without.code, 1);
  assertMatch(
    without.stderr,
    /finnhub-pipe: .*wants a client certificate: set CASSANDRA_CERT_FILE and CASSANDRA_KEY_FILE/,
  );
  const strangers = await setup({ CASSANDRA_CERT_FILE: strange.cert, CASSANDRA_KEY_FILE: strange.key });
  assertEquals(strangers.code, 1);
  assertMatch(strangers.stderr, /finnhub-pipe: .*check CASSANDRA_CERT_FILE and CASSANDRA_KEY_FILE/);
}, LEAVES_TIMERS);

/** Takes connections so that handshakes go on; each fails on our side. */
async function refuseAll(listener: Deno.TlsListener): Promise<void> {
  for await (const connection of listener) {
    connection.handshake().catch(() => {}).finally(() => connection.close());
  }
}
