import { assertEquals, assertRejects } from "@std/assert";
import { Database } from "../../../src/embedded/database.ts";

const count = (database: Database) =>
  Number(database.all("SELECT count(*) AS n FROM followed_symbols")[0]!.n);
const add = (database: Database, symbol: string) =>
  database.transaction(() => database.run("INSERT INTO followed_symbols VALUES (?)", symbol));

Deno.test("what is written together is there whole, transactions within it among it", async () => {
  using database = new Database(":memory:");
  const symbols = await database.together(async () => {
    add(database, "A");
    await Promise.resolve();
    add(database, "B");
    return count(database);
  });
  assertEquals([symbols, count(database)], [2, 2]);
});

Deno.test("what fails on the way leaves nothing, and the database goes on", async () => {
  using database = new Database(":memory:");
  const failing = database.together(async () => {
    add(database, "A");
    await Promise.resolve();
    throw new Error("on the way");
  });
  await assertRejects(() => failing, Error, "on the way");
  assertEquals(count(database), 0);
  add(database, "B");
  assertEquals(count(database), 1);
});
