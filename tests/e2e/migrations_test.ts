import { assert, assertEquals, assertThrows } from "@std/assert";
import type cassandra from "cassandra-driver";
import market from "../../schemas/sqlite/001-market.sql" with { type: "text" };
import { Database, MIGRATIONS as OF_LOCAL } from "../../src/embedded/database.ts";
import { DatabaseError } from "../../src/embedded/database_error.ts";
import { FollowedSymbols } from "../../src/embedded/followed_symbols.ts";
import { integrationTest } from "../needs.ts";
import { sharedServices } from "../services/shared.ts";
import { ownSession } from "./own_session.ts";
import { Pipeline } from "./pipeline.ts";
import { runToEnd } from "./role.ts";

const services = await sharedServices();

const TRADE_ID = "01234567-0000-8001-8000-000000000000";

/** Every column of a keyspace: table, name, type, and its place in the key. */
async function columnsOf(session: cassandra.Client, keyspace: string): Promise<string[]> {
  const { rows } = await session.execute(
    "SELECT table_name, column_name, type, kind, position FROM system_schema.columns WHERE keyspace_name = ?",
    [keyspace],
    { prepare: true },
  );
  return rows.map((row) => Object.values(row).join(" ")).toSorted();
}

integrationTest(
  "tables of every earlier version become what a new setup makes, with what is in them",
  async () => {
    const { MIGRATIONS, migrate } = await import("../../src/cassandra/migrations.ts");
    await using fresh = await Pipeline.setUp(services, "fresh");
    const right = await columnsOf(fresh.session, fresh.env.CASSANDRA_KEYSPACE!);
    assert(right.length > 30);
    for (let version = 1; version < MIGRATIONS.length; version++) {
      await using old = await Pipeline.setUp(services, `version-${version}`);
      const keyspace = old.env.CASSANDRA_KEYSPACE!;
      for (const { name } of MIGRATIONS) await old.session.execute(`DROP TABLE IF EXISTS ${tableOf(name)}`);
      await old.session.execute("DROP TABLE schema_migrations");
      const session = await ownSession(services, keyspace);
      await migrate(
        session,
        { flavour: "cassandra", signal: new AbortController().signal },
        MIGRATIONS.slice(0, version),
      );
      await session.shutdown();
      await old.session.execute(
        `INSERT INTO trades (symbol, hour, trade_timestamp, uuid, price, volume) VALUES ('A', 0, 1, ${TRADE_ID}, 2, 3)`,
      );

      const { code, stdout, stderr } = await runToEnd(["setup"], old.env);
      assertEquals(code, 0, stdout + stderr);
      const applied = MIGRATIONS.slice(version).map(({ name, version }) => `00${version}-${name}`).join(", ");
      assert(stdout.includes(`tables: applied ${applied}`), stdout);
      assertEquals(await columnsOf(old.session, keyspace), right);
      assertEquals(await old.storedTrades(), ["A 1 2 3"]);
    }
  },
);

const tableOf = (migration: string): string =>
  migration === "running-averages" ? "running_averages_15_sec" : migration.replaceAll("-", "_");

integrationTest(
  "a database of role local is brought up to date; one of a later version is refused",
  async () => {
    const folder = await Deno.makeTempDir();
    const file = `${folder}/old.sqlite`;
    const { DatabaseSync } = await import("node:sqlite");
    const version = (change?: number) => {
      const db = new DatabaseSync(file);
      if (change !== undefined) db.exec(`PRAGMA user_version = ${change}`);
      const { user_version: found } = db.prepare("PRAGMA user_version").get() as { user_version: number };
      db.close();
      return found;
    };
    try {
      const old = new DatabaseSync(file);
      old.exec(`${market}; PRAGMA user_version = 1; INSERT INTO log_partitions (partition) VALUES (7)`);
      old.close();
      {
        using database = new Database(file);
        assertEquals(database.all("SELECT partition FROM log_partitions"), [{ partition: 7 }]);
        const followed = new FollowedSymbols(database);
        followed.add("A");
        assertEquals(followed.all(), ["A"]);
      }
      assertEquals(version(), OF_LOCAL.length);
      version(OF_LOCAL.length + 1);
      assertThrows(() => new Database(file), DatabaseError, "later version");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
