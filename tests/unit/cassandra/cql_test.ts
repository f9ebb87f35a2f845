import { assertEquals } from "@std/assert";
import { statements } from "../../../src/cassandra/cql.ts";

Deno.test("statements() splits at semicolons and minds comments and quotes", () => {
  const cql = `-- a comment; with a semicolon
CREATE TABLE a (b text); /* another; one */
INSERT INTO a (b) VALUES ('it''s; -- not a comment'); // last; one
SELECT "odd;name" FROM a;;
`;
  assertEquals(statements(cql), [
    "CREATE TABLE a (b text)",
    "INSERT INTO a (b) VALUES ('it''s; -- not a comment')",
    'SELECT "odd;name" FROM a',
  ]);
  assertEquals(statements("SELECT 1"), ["SELECT 1"]);
  assertEquals(statements("  -- nothing\n"), []);
});
