import { assert, assertEquals } from "@std/assert";
import { statements } from "../../../../src/cassandra/cql.ts";
import { MIGRATIONS } from "../../../../src/cassandra/migrations.ts";
import { schemaScript } from "../../../../src/cassandra/rights/script.ts";

const wish = {
  keyspace: "market",
  datacenter: "north",
  replication: 3,
  tradesTtl: 86_400_000,
  windowsTtl: 0,
  user: "",
};

Deno.test("an administrator's CQL makes each migration and remembers it, and can be run again", () => {
  const found = statements(schemaScript(wish));
  assertEquals(
    found[0],
    "CREATE KEYSPACE IF NOT EXISTS market WITH replication = {'class': 'NetworkTopologyStrategy', 'north': 3}",
  );
  assertEquals(found[1], "USE market");
  for (const { cql, name, version } of MIGRATIONS) {
    for (const statement of statements(cql)) assert(found.includes(statement), name);
    const record = found.filter((statement) =>
      statement.includes(`VALUES ('tables', ${version}, '${name}',`)
    );
    assertEquals(record.length, 1, name);
  }
  assert(found.includes("ALTER TABLE trades WITH default_time_to_live = 86400"));
  assert(found.includes("ALTER TABLE candles WITH default_time_to_live = 0"));
  for (const statement of found) {
    if (statement.startsWith("CREATE")) assert(statement.includes(" IF NOT EXISTS "), statement);
    assert(!statement.startsWith("GRANT"), statement);
  }
});

Deno.test("a login is granted what the roles need, whatever its name", () => {
  assertEquals(statements(schemaScript({ ...wish, user: 'a"; DROP' })).slice(-2), [
    'GRANT SELECT ON KEYSPACE market TO "a""; DROP"',
    'GRANT MODIFY ON KEYSPACE market TO "a""; DROP"',
  ]);
});
