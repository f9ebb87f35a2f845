import { assertEquals, assertThrows } from "@std/assert";
import { assertSameTable, rowDifference, withTable } from "../tables.ts";

const PLACE = { begin: "<!-- here -->", end: "<!-- to here -->" };
const TABLE = ["| Name | Meaning |", "|---|---|", "| `a` | first |", "| `b` | second |", "| `c` | third |"];
const document = (rows: readonly string[]) =>
  withTable("Words\n\n<!-- here -->\n<!-- to here -->\n", PLACE, rows.join("\n"));
const RIGHT = document(TABLE);

Deno.test("a table is put in its place, and what stands around it stays", () => {
  assertEquals(RIGHT, `Words\n\n<!-- here -->\n\n${TABLE.join("\n")}\n\n<!-- to here -->\n`);
  assertEquals(withTable(RIGHT, PLACE, TABLE.join("\n")), RIGHT);
  assertThrows(() => withTable("<!-- to here --> <!-- here -->", PLACE, ""), RangeError, "is missing");
});

Deno.test("equal tables do not differ, however their columns are filled up", () => {
  const filled = ["| Name | Meaning |", "| ---- | ------- |", "| `a`  | first   |", ...TABLE.slice(3)];
  assertEquals(rowDifference(document(filled), RIGHT, PLACE), []);
});

Deno.test("of two tables the rows that differ are told, and no others", () => {
  const edited = TABLE.with(3, "| `b` | 2nd |");
  assertEquals(rowDifference(document(edited), RIGHT, PLACE), ["- | `b` | 2nd |", "+ | `b` | second |"]);
  assertEquals(rowDifference(document(TABLE.slice(0, -1)), RIGHT, PLACE), ["+ | `c` | third |"]);
  assertEquals(rowDifference(document([...TABLE, "| `d` | x |"]), RIGHT, PLACE), ["- | `d` | x |"]);
});

Deno.test("of two tables with the same rows the first one in the wrong place is told", () => {
  const swapped = [...TABLE.slice(0, 2), TABLE[3]!, TABLE[2]!, TABLE[4]!];
  assertEquals(rowDifference(document(swapped), RIGHT, PLACE), [
    "row 3 stands in the wrong place:",
    "- | `b` | second |",
    "+ | `a` | first |",
  ]);
  assertEquals(rowDifference(document([...TABLE, TABLE[2]!]), RIGHT, PLACE).length, 3);
});

Deno.test("the error names the document, the remedy and the rows", () => {
  const error = assertThrows(
    () => assertSameTable("x/README.md", document(TABLE.slice(0, 4)), RIGHT, PLACE),
    Error,
  );
  assertEquals(error.message.split("\n"), [
    "the table in x/README.md is not what the code makes of it; run make readme:",
    "+ | `c` | third |",
  ]);
});
