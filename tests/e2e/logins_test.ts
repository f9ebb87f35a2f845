import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { MARKET, panelCql, sourceOf, symbolsCql } from "../grafana/dashboard.ts";
import { integrationTest } from "../needs.ts";
import { startCassandra, until } from "../services/mod.ts";
import { sharedServices } from "../services/shared.ts";
import { Pipeline } from "./pipeline.ts";
import { runToEnd } from "./role.ts";

const services = await sharedServices();

integrationTest(
  "setup takes over a new Cassandra with password login, and each login can do what it needs and no more",
  async () => {
    await using cassandra = await startCassandra({ auth: true });
    const { default: driver } = await import("cassandra-driver");
    const guarded = { kafka: services.kafka, cassandra: { hosts: cassandra.hosts, port: cassandra.port } };
    await using pipeline = await Pipeline.join(guarded, "logins", {
      CASSANDRA_USER: "admin",
      CASSANDRA_PASSWORD: "it's-the-admin's",
      CASSANDRA_PROCESSOR_PASSWORD: "processor-secret",
      CASSANDRA_DASHBOARD_PASSWORD: "dashboard-secret",
      CASSANDRA_GRAFANA_PASSWORD: "grafana-secret",
    });
    const { code, stderr, stdout } = await runToEnd(["setup"], pipeline.env);
    assertEquals(code, 0, stdout + stderr);
    assertStringIncludes(stdout, "login admin: made, and the factory login disabled");
    assertMatch(stdout, /login processor: made\nlogin dashboard: made\nlogin grafana: made/);
    assert(!/secret|admin's/.test(stdout + stderr), "a password was printed");

    const as = async (user: string, password: string, query: string) => {
      const session = new driver.Client({
        contactPoints: [`${cassandra.hosts[0]}:${cassandra.port}`],
        localDataCenter: "datacenter1",
        keyspace: pipeline.env.CASSANDRA_KEYSPACE!,
        refreshSchemaDelay: 0,
        authProvider: new driver.auth.PlainTextAuthProvider(user, password),
      });
      try {
        await session.execute(query);
        return "ok";
      } catch (error) {
        return error instanceof driver.errors.NoHostAvailableError
          ? Object.values(error.innerErrors as Record<string, Error>)[0]!.constructor.name
          : (error as Error).message;
      } finally {
        await session.shutdown();
      }
    };
    const insert =
      "INSERT INTO trades (symbol, hour, trade_timestamp, uuid) VALUES ('X', 0, 0, 00000000-0000-8000-8000-000000000000)";
    assertEquals(await as("cassandra", "cassandra", "SELECT * FROM trades"), "AuthenticationError");
    assertEquals(await as("processor", "wrong", "SELECT * FROM trades"), "AuthenticationError");
    assertEquals(await as("processor", "processor-secret", insert), "ok");
    assertMatch(await as("processor", "processor-secret", "DROP TABLE trades"), /no DROP permission/);
    assertEquals(await as("dashboard", "dashboard-secret", "SELECT * FROM trades"), "ok");
    assertMatch(await as("dashboard", "dashboard-secret", insert), /no MODIFY permission/);
    const range = { from: Date.now() - 60_000, to: Date.now() };
    const asking = MARKET.panels.filter((panel) => sourceOf(panel) === panel);
    for (const cql of [symbolsCql(), ...asking.map((panel) => panelCql(panel, "X", "1m", range))]) {
      assertEquals(await as("grafana", "grafana-secret", cql), "ok", cql);
    }
    assertMatch(await as("grafana", "grafana-secret", insert), /no MODIFY permission/);

    const again = await runToEnd(["setup"], pipeline.env);
    assertEquals([again.code, /^login /m.test(again.stdout)], [0, false], again.stdout);
    // A password that is changed for setup is changed in Cassandra, which bears that every five seconds.
    await until("another password to be taken", async () => {
      const changed = await runToEnd(["setup"], { ...pipeline.env, CASSANDRA_PROCESSOR_PASSWORD: "another" });
      return changed.code === 0 || changed.stderr;
    });
    // Nodes remember for 2 seconds what they know of a login.
    await until("the login with the other password", async () => {
      const answer = await as("processor", "another", insert);
      return answer === "ok" || answer;
    });
  },
);
