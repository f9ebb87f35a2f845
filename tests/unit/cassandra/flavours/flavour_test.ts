import { assert, assertEquals, assertRejects } from "@std/assert";
import trades from "../../../../schemas/cassandra/001-trades.cql" with { type: "text" };
import series from "../../../../schemas/cassandra/006-series.cql" with { type: "text" };
import bars from "../../../../schemas/cassandra/008-bars.cql" with { type: "text" };
import { findFlavour, type Flavour } from "../../../../src/cassandra/flavours/flavour.ts";
import { changeSchema, inWordsOf } from "../../../../src/cassandra/flavours/schema_change.ts";
import { statements } from "../../../../src/cassandra/cql.ts";
import type { Session } from "../../../../src/cassandra/session.ts";

type Row = Record<string, string>;

/** A session that notes what is asked, and answers by the text of the question. */
function session(answer: (query: string) => Row[] = () => []) {
  const asked: string[] = [];
  const execute = (query: string) => {
    asked.push(query);
    const rows = answer(query).map((row) => ({ get: (column: string) => row[column] }));
    return Promise.resolve({ rows, rowLength: rows.length });
  };
  return { asked, session: { keyspace: "market", execute } as unknown as Session };
}

const CREATED = [trades, series, bars].flatMap(statements).filter((each) => /^CREATE TABLE/.test(each));
const signal = new AbortController().signal;

Deno.test("a store is known by the keyspaces that only it has", async () => {
  const found = async (...names: string[]) =>
    await findFlavour(session(() => names.map((name) => ({ keyspace_name: name }))).session);
  assertEquals(await found("system", "system_schema", "market"), "cassandra");
  assertEquals(await found("system", "system_distributed_everywhere"), "scylla");
  assertEquals(await found("system", "datastax_sla"), "astra");
  assertEquals(await found("system", "system_schema_mcs"), "keyspaces");
});

Deno.test("Amazon Keyspaces is told of write timestamps and times to live, and of no compaction", () => {
  assert(CREATED.length >= 3);
  for (const statement of CREATED) {
    const told = inWordsOf("keyspaces", statement);
    assert(!/compaction/.test(told), told);
    assertEquals(told.match(/\bWITH\b/g)?.length, 1, told);
    assert(/client_side_timestamps.*enabled.*ttl.*enabled/.test(told), told);
    for (const other of ["cassandra", "scylla", "astra"] as const) {
      assertEquals(inWordsOf(other, statement), statement);
    }
  }
  assertEquals(
    inWordsOf(
      "keyspaces",
      "CREATE KEYSPACE IF NOT EXISTS m WITH replication = {'class': 'NetworkTopologyStrategy', 'dc': 3}",
    ),
    "CREATE KEYSPACE IF NOT EXISTS m WITH replication = {'class': 'SingleRegionStrategy'}",
  );
});

Deno.test("a change is waited for where the store answers before it is made", async () => {
  let looks = 0;
  const { asked, session: store } = session((query) =>
    /system_schema_mcs/.test(query)
      ? [{ table_name: "trades", status: ++looks > 1 ? "ACTIVE" : "CREATING" }]
      : []
  );
  await changeSchema(store, CREATED[0]!, { flavour: "keyspaces", signal });
  assertEquals(looks, 2);
  assertEquals(asked.filter((query) => /^CREATE/.test(query)).length, 1);
  const stopped = AbortSignal.abort(new Error("stopped"));
  looks = -10;
  await assertRejects(() => changeSchema(store, CREATED[0]!, { flavour: "keyspaces", signal: stopped }));
});

Deno.test("a column is added once, also where that cannot be said in the statement", async () => {
  const statement = "ALTER TABLE trades ADD IF NOT EXISTS cancelled text";
  const changes = async (flavour: Flavour, there: boolean) => {
    const { asked, session: store } = session((query) =>
      /system_schema\.columns/.test(query) && there ? [{ column_name: "cancelled" }] : []
    );
    await changeSchema(store, statement, { flavour, signal });
    return asked.filter((query) => /^ALTER/.test(query));
  };
  assertEquals(await changes("cassandra", true), [statement]);
  assertEquals(await changes("scylla", true), []);
  assertEquals(await changes("scylla", false), ["ALTER TABLE trades ADD cancelled text"]);
  assertEquals(await changes("keyspaces", false), ["ALTER TABLE trades ADD cancelled text"]);
});
