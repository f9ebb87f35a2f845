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
import { schemaId } from "../../../src/market/writer_schemas.ts";

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
