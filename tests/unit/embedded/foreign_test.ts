/** Databases that hold what this program did not write. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { Database, MIGRATIONS } from "../../../src/embedded/database.ts";
import { DatabaseError } from "../../../src/embedded/database_error.ts";
import { EmbeddedLog } from "../../../src/embedded/log.ts";
import { FollowedSymbols } from "../../../src/embedded/followed_symbols.ts";
import { SqliteMarketReader } from "../../../src/embedded/tables/market_reader.ts";
import { assertOwnSchema } from "../../../src/embedded/schema.ts";
import { CANDLES } from "../../../src/market/series.ts";
import { storeOf } from "./parts.ts";

const never = new AbortController().signal;

Deno.test("a schema is ours or refused: views, triggers, indexes, changed and missing tables", () => {
  const check = (change: string, scripts = MIGRATIONS) => {
    const db = new DatabaseSync(":memory:");
    try {
      for (const script of scripts) db.exec(script);
      db.exec(change);
      assertOwnSchema(db, "x.sqlite", "--data", MIGRATIONS);
    } finally {
      db.close();
    }
  };
  check("");
  const changes = [
    "DROP TABLE followed_symbols; CREATE VIEW followed_symbols(symbol) AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n",
    "CREATE TRIGGER t AFTER INSERT ON trades BEGIN DELETE FROM trades; END",
    "CREATE INDEX i ON trades (price)",
    "CREATE TABLE mine (x)",
    "DROP TABLE dead_letters",
    "ALTER TABLE candles ADD COLUMN more",
    "DROP INDEX trades_by_ingest",
  ];
  for (const change of changes) {
    const error = assertThrows(() => check(change), DatabaseError, "is no database of finnhub-pipe");
    assert(error.message.includes("x.sqlite") && error.message.includes("--data"), error.message);
  }
  assertThrows(() => check("", MIGRATIONS.slice(0, 2)), DatabaseError);
});

function broken(change: string): Database {
  const database = new Database(":memory:");
  new EmbeddedLog({ database, partitions: 2, retention: 1 });
  storeOf(database).recordEpoch("market", 2);
  database.run(change);
  return database;
}

Deno.test("content of the log that is not ours is one error that ends, and names file and remedy", async () => {
  const cases: [change: string, use: (database: Database) => unknown][] = [
    ["UPDATE source_epochs SET starts = '{'", (database) => storeOf(database).sourceEpochs("market")],
    ["UPDATE source_epochs SET starts = '[-1]'", (database) => storeOf(database).sourceEpochs("market")],
    ["UPDATE source_epochs SET starts = '{\"0\":0}'", (database) => storeOf(database).sourceEpochs("market")],
    ["UPDATE log_partitions SET next_offset = 'x'", (database) => log(database)],
    ["UPDATE log_partitions SET committed = 1.5", (database) => log(database)],
    ["INSERT INTO log_partitions (partition) VALUES (7)", (database) => log(database)],
    ["INSERT INTO log VALUES (0, 'x', 0, x'00')", (database) => log(database).read(0, 0, 9)],
    [
      "INSERT INTO candles VALUES ('A', '5s', 0, 5, 'x', 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0)",
      (database) => storeOf(database).readWindows({ symbol: "A", kind: CANDLES[0]!, bucket: 0 }, [5]),
    ],
  ];
  for (const [change, use] of cases) {
    using database = broken(change);
    const watching = assertRejects(() => database.watch(never), DatabaseError, "restore the folder");
    // deno-lint-ignore require-await -- what it throws is a rejection
    await assertRejects(async () => use(database), DatabaseError, ":memory: holds what finnhub-pipe", change);
    await watching;
  }
});

const log = (database: Database) => new EmbeddedLog({ database, partitions: 2, retention: 1 });

Deno.test("rows that a page reads and that are not ours are passed over and told", async () => {
  const told: string[] = [];
  using database = new Database(":memory:", { onMalformed: (what) => told.push(what) });
  const rows: [time: number, price: string, codes: string][] = [
    [1, "1", "'[\"1\"]'"],
    [2, "1", "'{'"],
    [3, "1", "'[1]'"],
    [4, "'x'", "NULL"],
    [5, "1", "'\"1\"'"],
    [6, "1", `'["${"1".repeat(5000)}"]'`],
    [7, "1", "NULL"],
  ];
  for (const [time, price, codes] of rows) {
    database.run(`INSERT INTO trades VALUES ('A', 0, ${time}, x'00', ${price}, 1, ${codes}, 1, NULL)`);
  }
  const reader = new SqliteMarketReader(database);
  assertEquals((await reader.trades("A", Infinity, 99)).map(({ time }) => time), [7, 1]);
  assertEquals(told.length, 5);
  const candle = (symbol: string, open: string) =>
    `INSERT INTO candles VALUES (${symbol}, '5s', 0, 5, 1, 1, 1, 1, ${open}, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0)`;
  for (const [symbol, open] of [["'A'", "'x'"], ["x'41'", "1"], ["'a' || char(10)", "1"]] as const) {
    database.run(candle(symbol, open));
  }
  assertEquals(await reader.symbols(), ["A"]);
  assertEquals(await reader.candles("A", "5s", 0, 99, 9), []);
});

Deno.test("followed symbols keep the one rule and a bound, whatever the file holds", () => {
  const told: string[] = [];
  using database = new Database(":memory:", { onMalformed: (what) => told.push(what) });
  for (const symbol of ["'B' || char(8238)", "x'4142'", "''", `'${"X".repeat(65)}'`, "'A'"]) {
    database.run(`INSERT INTO followed_symbols VALUES (${symbol})`);
  }
  const followed = new FollowedSymbols(database);
  assertEquals(followed.all(), ["A"]);
  assertEquals(told.length, 4);
  for (let i = 0; i < 2000; i++) followed.add(`S${i}`);
  assert(followed.all().length <= 500);
  database.all("PRAGMA query_only = ON");
  assertThrows(() => followed.add("NEW"), RangeError, "the symbol cannot be kept");
});
