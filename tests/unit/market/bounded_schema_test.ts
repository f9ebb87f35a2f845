import { assertEquals, assertThrows } from "@std/assert";
import avro from "avsc";
import ours from "../../../schemas/trades.avsc" with { type: "text" };
import { boundedSchema } from "../../../src/market/avro/bounded_schema.ts";
import { SCHEMA_ID } from "../../../src/market/message.ts";
import { schemaId } from "../../../src/market/avro/writer_schemas.ts";

const refused = (schema: unknown, why: string) =>
  assertThrows(() => boundedSchema(JSON.stringify(schema)), Error, why);

Deno.test("what says how bytes are read is taken, and nothing else", () => {
  const field = { name: "a", type: { type: "long", logicalType: "timestamp-millis" }, default: 0, doc: "d" };
  assertEquals(
    boundedSchema(JSON.stringify({
      type: "record",
      name: "r",
      namespace: "n.m",
      aliases: ["q"],
      extra: { hook: 1 },
      fields: [
        field,
        { name: "b", type: { type: { type: "string" } } },
        { name: "c", type: ["null", { type: "map", values: { type: "array", items: "n.m.r" } }] },
        { name: "d", type: { type: "enum", name: "e", symbols: ["X"], default: "X" } },
        { name: "f", type: { type: "fixed", name: "g", size: 4, logicalType: "decimal" } },
      ],
    })),
    {
      type: "record",
      name: "r",
      namespace: "n.m",
      fields: [
        { name: "a", type: "long" },
        { name: "b", type: "string" },
        { name: "c", type: ["null", { type: "map", values: { type: "array", items: "n.m.r" } }] },
        { name: "d", type: { type: "enum", name: "e", symbols: ["X"] } },
        { name: "f", type: { type: "fixed", name: "g", size: 4 } },
      ],
    },
  );
  assertEquals(schemaId(boundedSchema(ours)), SCHEMA_ID);
});

Deno.test("what is too large, too deep or no schema is refused before the library sees it", () => {
  let deep: unknown = "int";
  for (let i = 0; i < 20; i++) deep = { type: "array", items: deep };
  refused(deep, "nested deeper");
  // Past what a recursion of the parser could take.
  assertThrows(
    () => boundedSchema(`${"[".repeat(30_000)}${"]".repeat(30_000)}`),
    RangeError,
    "nested deeper",
  );
  const symbols = Array.from({ length: 2000 }, (_, i) => `S${i}`);
  refused({ type: "enum", name: "e", symbols }, "more than 500 parts");
  refused("x".repeat(70_000), "characters");
  refused({ type: "fixed", name: "f", size: 2 ** 31 }, "fixed type");
  refused({ type: "fixed", name: "f", size: -1 }, "fixed type");
  refused({ type: "record", name: "a;process.exit()", fields: [] }, "a name that is none");
  refused({ type: "record", name: "a", fields: [{ name: "x=1", type: "int" }] }, "a name that is none");
  refused({ type: "record", name: "a", fields: {} }, "without a list");
  refused({ type: "record", name: "a", fields: [null] }, "no type");
  refused({ type: 5 }, "no type");
  refused(null, "no type");
  assertThrows(() => boundedSchema("{"), SyntaxError);
});

Deno.test("a name that JavaScript has a use for harms nothing", () => {
  for (const name of ["__proto__", "constructor", "function", "eval"]) {
    const text = `{"type":"record","name":"${name}","fields":[{"name":"${name}","type":"int"}]}`;
    try {
      avro.Type.forSchema(boundedSchema(text) as never);
    } catch (error) {
      assertEquals(error instanceof Error, true);
    }
    assertEquals([({} as Record<string, unknown>).fields, Object.prototype.toString.name], [
      undefined,
      "toString",
    ]);
  }
});
