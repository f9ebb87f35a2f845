import { assert, assertEquals, assertRejects } from "@std/assert";
import type { StatementSync } from "node:sqlite";
import { SQLITE_ANSWERS, sqliteAnswer } from "../../../src/embedded/answers.ts";
import { Database } from "../../../src/embedded/database.ts";
import { DatabaseError } from "../../../src/embedded/database_error.ts";
import { EmbeddedDeadLetters } from "../../../src/embedded/dead_letters.ts";
import { EmbeddedLog } from "../../../src/embedded/log.ts";
import { EmbeddedLogReader } from "../../../src/embedded/log_reader.ts";
import { Retention } from "../../../src/embedded/tables/retention.ts";
import { EmbeddedSender } from "../../../src/embedded/sender.ts";
import { TradeHub } from "../../../src/market/live_trades.ts";
import { positionOf } from "../../../src/market/position.ts";
import { CANDLES } from "../../../src/market/series.ts";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";
import { delay } from "../../../src/async/wait.ts";
import { until } from "../../services/until.ts";
import { count, heard, leaveRoom, storeOf } from "./parts.ts";

const CODES = [...new Array(29).keys(), 100, 101];
const failure = (errcode: number) => Object.assign(new Error("said by SQLite"), { errcode });
const FULL = failure(13);
const never = new AbortController().signal;
const message = (i: number) => ({
  key: `S${i % 50}`,
  value: new TextEncoder().encode(String(i).padStart(300, "0")),
  timestamp: i,
});
const values = (database: Database) =>
  database.all("SELECT value FROM log").map(({ value }) =>
    Number(new TextDecoder().decode(value as Uint8Array))
  ).toSorted((a, b) => a - b);

function parts(database: Database, retention = 1_000_000) {
  const { lines, log } = heard();
  const taking = { log, random: () => 0, now: Date.now };
  const embedded = new EmbeddedLog({ database, partitions: 4, retention });
  return {
    embedded,
    lines,
    sender: new EmbeddedSender({ ...taking, embedded, hub: new TradeHub() }),
    taking,
  };
}

Deno.test("every result code of SQLite has an answer, and what a person can mend says how", () => {
  assertEquals([...SQLITE_ANSWERS.keys()], CODES);
  for (const code of CODES) {
    const row = sqliteAnswer(failure(code));
    assertEquals(row, SQLITE_ANSWERS.get(code));
    // Extended codes have the primary one as their low byte.
    assertEquals(sqliteAnswer(failure(code | 7 << 8)), row);
    assertEquals(sqliteAnswer(new Error("outer", { cause: failure(code) })), row);
    if (row.answer === "end") assert(row.remedy, row.name);
  }
  const named = (answer: string) => [...SQLITE_ANSWERS.values()].filter((row) => row.answer === answer);
  for (const name of ["FULL", "BUSY", "IOERR"]) assert(named("again").some((row) => row.name === name));
  for (const name of ["CORRUPT", "NOTADB", "READONLY"]) {
    assert(named("end").some((row) => row.name === name));
  }
  assertEquals(sqliteAnswer(new Error("database or disk is full")).name, "FULL");
  assertEquals(sqliteAnswer(new TypeError("anything")).answer, "end");
});

Deno.test("a full database takes each message once, as soon as there is room; it is said once", async () => {
  for (const room of [0, 1, 5, 20]) {
    const failed: string[] = [];
    using database = new Database(":memory:", { onFailure: (name) => failed.push(name) });
    const { lines, sender } = parts(database);
    leaveRoom(database, room);
    let sent = 0;
    const sending = (async () => {
      for (; sent < 300; sent++) {
        await sender.send("market", [message(2 * sent), message(2 * sent + 1)], never);
      }
    })();
    await until("the disk to be full", () => Promise.resolve(sender.trouble !== undefined || "not yet"));
    assert(/the log takes no messages since .*database or disk is full; make room/.test(sender.trouble!));
    await delay(400, never);
    assertEquals(values(database).length, 2 * sent);
    leaveRoom(database, 10_000);
    await sending;
    assertEquals(sender.trouble, undefined);
    assertEquals(values(database), [...new Array(600).keys()]);
    assertEquals(lines.map(({ level }) => level), ["warn", "info"]);
    assert(failed.length > 1 && failed.every((name) => name === "FULL"));
  }
});

/** Fails as a full disk does at every statement that some test chooses. */
class Stubborn extends Database {
  fails: ((sql: string) => boolean) | undefined;

  override prepare(sql: string): StatementSync {
    if (this.fails?.(sql)) throw FULL;
    return super.prepare(sql);
  }
}

Deno.test("what is in the log is not appended again because something after it failed", async () => {
  using database = new Stubborn(":memory:");
  const { embedded, sender, taking } = parts(database, 10);
  database.fails = (sql) => sql.startsWith("DELETE");
  const retention = new Retention({
    ...taking,
    database,
    embedded,
    keepTrades: 1,
    keepWindows: 1,
    keepLetters: 1,
  });
  const stop = new AbortController();
  const removing = retention.run(stop.signal);
  const all = Array.from({ length: 2500 }, (_, i) => message(i));
  await sender.send("market", all, never);
  embedded.commit(new Map(embedded.progress().map(({ end, partition }) => [partition, end])));
  assertEquals(values(database), [...all.keys()]);
  stop.abort();
  await removing;
  assert(retention.trouble?.startsWith("old rows are not removed since"), retention.trouble);
  database.fails = () => false;
  for (const _ of retention.steps(true));
  assertEquals(values(database).length, 40);
});

Deno.test("a message that SQLite refuses for ever is given back, and the others are in the log without a gap", async () => {
  using database = new Database(":memory:");
  const { embedded, sender } = parts(database);
  // `sent` may not be null, which is what no number is.
  const bad = { ...message(1), timestamp: NaN };
  const refused = await sender.send("market", [message(0), bad, message(51), message(2)], never);
  assertEquals(refused, [bad]);
  assertEquals(values(database), [0, 2, 51]);
  for (const { end, partition } of embedded.progress()) {
    assertEquals(embedded.read(partition, 0, 9).map(({ offset }) => offset), [...new Array(end).keys()]);
  }
});

Deno.test("an error that only a person can mend ends what sends, and whoever watches the database", async () => {
  using database = new Stubborn(":memory:");
  const { sender } = parts(database);
  const watching = database.watch(never);
  database.all("PRAGMA query_only = ON");
  await assertRejects(() => sender.send("market", [message(1)], never), Error, "readonly");
  const error = await assertRejects(() => watching, DatabaseError, "cannot be used any more");
  assert(error.message.includes(":memory:") && error.message.includes("let this user write"), error.message);
});

Deno.test("a row that SQLite refuses for ever is set aside, and the others are stored", async () => {
  using database = new Database(":memory:");
  const refused = new MetricRegistry().counter("refused", "of the test");
  const store = storeOf(database, refused);
  const row = (i: number, price: number) => ({
    id: new Uint8Array(16).fill(i),
    time: i,
    price,
    volume: 1,
    conditions: undefined,
    ingested: 1,
  });
  await store.writeTrades("A", 0, [row(1, 5), row(2, NaN), row(3, 6)]);
  assertEquals(database.all("SELECT price FROM trades").map(({ price }) => price), [5, 6]);
  const window = (key: number, open: number) => ({
    key,
    aggregate: {
      count: 1,
      volume: 2,
      turnover: 6,
      open,
      openTime: 1,
      high: 4,
      low: 2,
      close: 3,
      closeTime: 5,
    },
    partition: 0,
    complete: positionOf(1, 1),
  });
  await store.writeWindows({ symbol: "A", kind: CANDLES[0]!, bucket: 0 }, [
    window(5000, NaN),
    window(10_000, 1),
  ]);
  assertEquals(database.all("SELECT window_start FROM candles").map(({ window_start }) => window_start), [
    10_000,
  ]);
  assertEquals(
    database.all("SELECT belongs_to, stored FROM refused_rows").map((row) => ({ ...row })),
    [{ belongs_to: "trades", stored: 7 }, { belongs_to: "candles", stored: 7 }],
  );
  assertEquals([refused.value({ table: "trades" }), refused.value({ table: "candles" })], [1, 1]);
});

Deno.test("dead letters wait for room on the disk, hold reading up, and are kept once", async () => {
  using database = new Stubborn(":memory:");
  const { taking } = parts(database);
  const office = new EmbeddedDeadLetters({ ...taking, database, signal: never });
  database.fails = (sql) => sql.includes("dead_letters");
  const letters = Array.from({ length: 100 }, (_, offset) => ({
    partition: 0,
    error: "bad",
    message: { offset, timestamp: 0, value: new Uint8Array([1]) },
  }));
  const sending = letters.map((letter) => office.send(letter));
  let roomy = false;
  const room = office.room().then(() => roomy = true);
  await until("a letter to wait", () => Promise.resolve(office.trouble !== undefined || "none does"));
  assertEquals(roomy, false);
  database.fails = () => false;
  await Promise.all([...sending, room]);
  assertEquals([count(database, "dead_letters"), office.trouble], [100, undefined]);
});

Deno.test("offsets that cannot be written are by and by, without a word a flush", async () => {
  using database = new Stubborn(":memory:");
  const { embedded, lines, sender, taking } = parts(database);
  await sender.send("market", [message(0)], never);
  const { partition } = embedded.progress().find(({ end }) => end === 1)!;
  const reader = new EmbeddedLogReader({ ...taking, embedded });
  const stop = new AbortController();
  const nothing = () => Promise.resolve();
  const running = reader.run(
    { assigned: () => {}, revoking: nothing, stopping: nothing, process: nothing },
    stop.signal,
  );
  database.fails = (sql) => sql.startsWith("UPDATE log_partitions");
  for (let i = 0; i < 5; i++) await reader.commit(new Map([[partition, 1]]));
  assert(reader.trouble?.startsWith("offsets are not written since"), reader.trouble);
  assertEquals(lines.length, 1);
  database.fails = () => false;
  await until("the offset to be written", () => {
    const { committed } = embedded.progress()[partition]!;
    return Promise.resolve(committed === 1 || "not yet");
  });
  stop.abort();
  await running;
});
