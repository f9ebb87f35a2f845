import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import avro from "avsc";
import { Buffer } from "node:buffer";
import {
  type AvroMessage,
  encodeMessage,
  framedEncoder,
  MessageError,
  SCHEMA_HEADER,
  SCHEMA_ID,
  SCHEMA_TEXT,
} from "../../../src/market/message.ts";
import { frame } from "../../../src/market/wire_format.ts";
import { RegisteredSchemas } from "../../../src/processing/registered_schemas.ts";
import { createLogger } from "../../../src/telemetry/log.ts";
import { bench } from "./fakes.ts";

const trade = { symbol: "A", price: 1, volume: 2, time: 3, conditions: [] };
const message = (value: Uint8Array, schema?: string) => ({
  offset: 0,
  timestamp: 0,
  value,
  ...(schema === undefined ? {} : { schema }),
});

function registered(answer: (id: number, asked: number) => string | Promise<string>) {
  const asked: number[] = [];
  const lines: string[] = [];
  const stop = new AbortController();
  let now = 0;
  const schemas = new RegisteredSchemas({
    source: {
      schema: async (id) => {
        asked.push(id);
        return await answer(id, asked.length);
      },
    },
    log: createLogger({ level: "info", format: "json", write: (line) => lines.push(line), now: () => 0 }),
    random: () => 0,
    clock: () => now,
    signal: stop.signal,
  });
  return { schemas, asked, lines, stop, pass: (ms: number) => now += ms };
}

const symbols = ({ data }: AvroMessage) => data.map(({ s }) => s);

Deno.test("a schema is asked for once for all its messages, and then no message waits", async () => {
  const { asked, schemas } = registered(() => SCHEMA_TEXT);
  const value = message(framedEncoder(7)([trade]));
  const both = [schemas.decode(value), schemas.decode(value)];
  assert(both.every((waiting) => waiting instanceof Promise));
  for (const decoded of await Promise.all(both)) assertEquals(symbols(decoded), ["A"]);
  assertEquals(symbols(schemas.decode(value) as AvroMessage), ["A"]);
  assertEquals([asked, schemas.size], [[7], 1]);
});

Deno.test("plain Avro beside it is read without a question, with the header and without", () => {
  const { asked, schemas } = registered(() => Promise.reject(new Error("not to be asked")));
  for (const trades of [[trade], []]) {
    const value = encodeMessage(trades);
    const want = trades.map(({ symbol }) => symbol);
    assertEquals(symbols(schemas.decode(message(value)) as AvroMessage), want);
    assertEquals(symbols(schemas.decode(message(value, SCHEMA_ID)) as AvroMessage), want);
  }
  // What the header names counts, even where the bytes look like a frame.
  assertThrows(() => schemas.decode(message(framedEncoder(1)([trade]), SCHEMA_ID)), MessageError);
  assertThrows(() => schemas.decode({ offset: 0, timestamp: 0, value: null }), MessageError, "empty");
  assertEquals(asked, []);
  assertEquals(SCHEMA_HEADER, "avro-schema");
});

Deno.test("a schema of somebody else is read as ours by resolution", async () => {
  const other = JSON.parse(SCHEMA_TEXT);
  other.fields.push({ name: "source", type: "string", default: "feed" });
  other.fields[0].type.items.fields.push({ name: "x", type: ["null", "string"], default: null });
  const type = avro.Type.forSchema(other) as unknown as { toBuffer(value: unknown): Buffer };
  const body = type.toBuffer({
    data: [{ c: null, p: 1, s: "B", t: 3, v: 2, x: null }],
    type: "trade",
    source: "elsewhere",
  });
  const { schemas } = registered(() => JSON.stringify(other));
  assertEquals(symbols(await schemas.decode(message(Buffer.concat([frame(9), body])))), ["B"]);
});

Deno.test("a schema that ours cannot read refuses its messages for good; one that is absent, for a second", async () => {
  const { asked, pass, schemas } = registered((id) => {
    if (id === 1) return '"string"';
    if (id === 2) return `{"type":"record"`;
    throw new MessageError("not in the registry");
  });
  for (const id of [1, 2]) {
    const value = message(framedEncoder(id)([trade]));
    await assertRejects(
      () => schemas.decode(value) as Promise<AvroMessage>,
      MessageError,
      `schema ${id} of the registry cannot be read as one of trades`,
    );
    pass(1e9);
    assertThrows(() => schemas.decode(value), MessageError);
  }
  const absent = message(framedEncoder(3)([trade]));
  await assertRejects(async () => await schemas.decode(absent), MessageError, "not in the registry");
  assertThrows(() => schemas.decode(absent), MessageError);
  pass(1000);
  await assertRejects(async () => await schemas.decode(absent), MessageError);
  assertEquals(asked, [1, 2, 3, 3]);
});

Deno.test("while the registry is away messages wait, which is told once; then they are read", async () => {
  const { lines, schemas } = registered((_, asked) => {
    if (asked < 3) throw new Error("not reached");
    return SCHEMA_TEXT;
  });
  const waiting = schemas.decode(message(framedEncoder(1)([trade])));
  await Promise.resolve();
  await Promise.resolve();
  await Promise.resolve();
  assert(schemas.stalled);
  assertEquals(symbols(await waiting), ["A"]);
  assert(!schemas.stalled);
  assertEquals(lines.map((line) => JSON.parse(line).level), ["warn", "info"]);
});

Deno.test("a stop ends the wait", async () => {
  const { schemas, stop } = registered(() => Promise.reject(new Error("not reached")));
  const waiting = assertRejects(async () => await schemas.decode(message(framedEncoder(1)([trade]))));
  stop.abort();
  await waiting;
  assert(!schemas.stalled);
});

Deno.test("many ids are remembered up to a bound, those in use longest", async () => {
  const { asked, schemas } = registered(() => SCHEMA_TEXT);
  const first = message(framedEncoder(0)([trade]));
  await schemas.decode(first);
  for (let id = 1; id < 300; id++) {
    await schemas.decode(message(framedEncoder(id)([trade])));
    schemas.decode(first);
  }
  assertEquals([schemas.size, asked.length], [256, 300]);
});

Deno.test("a partition waits at a message whose schema is not known yet, and loses none on either side", async () => {
  const come = Promise.withResolvers<string>();
  const { schemas } = registered((id) =>
    id === 1 ? come.promise : Promise.reject(new MessageError("not in the registry"))
  );
  const { letters, start, store } = bench(Date.now());
  const processor = start({ decoder: schemas });
  const at = (symbol: string) => [{ ...trade, symbol, time: Date.now() - 1000 }];
  const unknown = framedEncoder(2)(at("C"));
  const values = [encodeMessage(at("A")), framedEncoder(1)(at("B")), unknown, encodeMessage(at("D"))];
  const work = processor.process(values.map((value, offset) => ({ ...message(value), offset })));
  await new Promise((resolve) => setTimeout(resolve, 10));
  assertEquals([await processor.flush(), store.raw.size], [undefined, 0]);
  come.resolve(SCHEMA_TEXT);
  await work;
  assertEquals(await processor.flush(), 4);
  assertEquals([...store.raw.values()].map(({ symbol }) => symbol).toSorted(), ["A", "B", "D"]);
  assertEquals(letters.map(({ error, message: { value } }) => [error, value]), [[
    "not in the registry",
    unknown,
  ]]);
});
