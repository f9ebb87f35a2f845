import { Buffer } from "node:buffer";
import { assert, assertEquals, assertThrows } from "@std/assert";
import avro from "avsc";
import ours from "../../../schemas/trades.avsc" with { type: "text" };
import {
  decodeMessage,
  encodeMessage,
  MessageError,
  otherVersions,
  SCHEMA_ID,
} from "../../../src/market/message.ts";
import { schemaId } from "../../../src/market/avro/writer_schemas.ts";

type Json = Record<string, unknown>;
const OURS = JSON.parse(ours) as { fields: Json[] };

/** Our schema with other fields of a trade, and fields behind the two of the message. */
function schemaWith(tradeFields: Json[], more: Json[] = []): Json {
  const [data, ...rest] = OURS.fields as { type: { items: Json } }[];
  const items = { ...data!.type.items, fields: tradeFields };
  return { ...OURS, fields: [{ ...data, type: { type: "array", items } }, ...rest, ...more] };
}

const [C, P, S, T, V] = (OURS.fields[0] as { type: { items: { fields: Json[] } } }).type.items.fields as [
  Json,
  Json,
  Json,
  Json,
  Json,
];

/** Another order, a narrower number, and everything that Avro has, none of which ours knows. */
const LATER = schemaWith([
  { name: "venue", type: { type: "enum", name: "venue", symbols: ["A", "B"] } },
  S,
  { name: "flags", type: { type: "map", values: ["null", "boolean", "int"] } },
  { ...P, type: "float" },
  { name: "id", type: { type: "fixed", name: "id", size: 3 } },
  T,
  V,
  C,
], [{ name: "note", type: ["null", "bytes"] }]);

const trade = {
  venue: "B",
  s: "X",
  flags: { a: { int: 1 } },
  p: 1.5,
  id: new Uint8Array(3),
  t: 7,
  v: 2,
  c: null,
};
const later = avro.Type.forSchema(LATER as never, { wrapUnions: "never" }) as unknown as {
  toBuffer(value: unknown): Uint8Array;
};

function written(): Uint8Array {
  return later.toBuffer({
    data: [{ ...trade, flags: { a: 1 }, id: Buffer.from([1, 2, 3]) }],
    type: "trade",
    note: Buffer.from("hello"),
  });
}

Deno.test("a message of another version is read as one of ours, by the schema that its header names", () => {
  const others = otherVersions([LATER]);
  const { data, type } = decodeMessage(written(), schemaId(LATER), others);
  assertEquals([type, { ...data[0] }], ["trade", { c: null, p: 1.5, s: "X", t: 7, v: 2 }]);
  const own = encodeMessage([{ symbol: "Y", price: 1, volume: 1, time: 1, conditions: [] }]);
  assertEquals(decodeMessage(own, SCHEMA_ID, others).data[0]!.s, "Y");
});

Deno.test("a schema that is not known is named, and what to do; one that ours cannot read is refused at once", () => {
  assertThrows(() => decodeMessage(written(), schemaId(LATER)), MessageError, "does not know: update it");
  // Without a symbol there is no trade.
  assertThrows(() => otherVersions([schemaWith([P, T, V, C])]), Error);
});

Deno.test("damaged bytes of another version are an error, never an endless loop", () => {
  const others = otherVersions([LATER]);
  const id = schemaId(LATER);
  const whole = written();
  for (let end = 0; end < whole.length; end++) {
    assertThrows(() => decodeMessage(whole.subarray(0, end), id, others), MessageError);
  }
  const start = performance.now();
  for (let at = 0; at < whole.length; at++) {
    for (const byte of [0xff, 0x80, 0x7f, 0]) {
      const hurt = Uint8Array.from(whole);
      hurt[at] = byte;
      try {
        decodeMessage(hurt, id, others);
      } catch (error) {
        assert(error instanceof MessageError);
      }
    }
  }
  assert(performance.now() - start < 2000);
  // A billion items in five bytes.
  assertThrows(() => decodeMessage(new Uint8Array([0xff, 0xff, 0xff, 0x7f, 2]), id, others), MessageError);
});

const record = (name: string, fields: [string, unknown][]) => ({
  type: "record",
  name,
  fields: fields.map(([name, type]) => ({ name, type })),
});

/** Our schema with a field behind the others, and a message of it with one trade and the bytes of that field. */
function withNote(type: unknown, bytes: number[]): { read: () => unknown } {
  const schema = { ...OURS, fields: [...OURS.fields, { name: "note", type }] };
  const others = otherVersions([schema]);
  const own = encodeMessage([{ symbol: "Y", price: 1, volume: 1, time: 1, conditions: [] }]);
  return { read: () => decodeMessage(new Uint8Array([...own, ...bytes]), schemaId(schema), others) };
}

Deno.test("a schema by which few bytes are endlessly many values costs no time", () => {
  // Each of the 16 levels has ten of the one below: 10^16 values in no byte.
  let wide: unknown = record("r0", []);
  for (let i = 1; i < 14; i++) {
    wide = record(`r${i}`, Array.from({ length: 10 }, (_, j) => [`f${j}`, j === 0 ? wide : `r${i - 1}`]));
  }
  const start = performance.now();
  assertThrows(withNote(wide, []).read, MessageError, "more values than its bytes can hold");
  assertThrows(
    withNote(record("again", [["a", "again"], ["b", "again"]]), []).read,
    MessageError,
    "nested too deep",
  );
  // Ten thousand lists of ten thousand nulls each.
  const nulls = { type: "array", items: { type: "array", items: "null" } };
  const count = [0xa0, 0x9c, 1];
  const lists = Array.from({ length: 10_000 }, () => [...count, 0]).flat();
  assertThrows(withNote(nulls, [...count, ...lists, 0]).read, MessageError, "more values than");
  assert(performance.now() - start < 1000);
});

Deno.test("a block that lies about its size leads nowhere that was not looked at", () => {
  const ints = { type: "array", items: "int" };
  const two = (size: number) => withNote(ints, [3, size * 2, 1, 1, 0]).read;
  assertEquals((two(2)() as { data: { s: string }[] }).data[0]!.s, "Y");
  for (const size of [-1, 0, 1, 3, 4, 1000]) {
    assertThrows(two(size), MessageError, "another size than it says");
  }
});
