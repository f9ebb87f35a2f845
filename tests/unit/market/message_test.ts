import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  decodeMessage,
  encodeMessage,
  MessageError,
  otherVersions,
  SCHEMA_TEXT,
} from "../../../src/market/message.ts";
import { schemaId } from "../../../src/market/avro/writer_schemas.ts";
import type { Trade } from "../../../src/market/trade.ts";
import { pick, seededRandom } from "../pick.ts";

function randomTrade(random: () => number): Trade {
  const symbols = ["AAPL", "BINANCE:BTCUSDT", "Ü€😀", "x".repeat(64)];
  return {
    symbol: symbols[pick(random, symbols.length)]!,
    price: [0, 0.1 + 0.2, 61837.63, Number.MAX_VALUE, 5e-324][pick(random, 5)]!,
    volume: random() < 0.2 ? 0 : random() * 1e6,
    time: pick(random, 2 ** 45),
    conditions: Array.from({ length: pick(random, 4) }, () => String(pick(random, 100))),
  };
}

Deno.test("decodeMessage() gives back what encodeMessage() was given, for any trades", () => {
  const random = seededRandom(1);
  for (let round = 0; round < 500; round++) {
    const trades = Array.from({ length: pick(random, 8) }, () => randomTrade(random));
    const { data, type } = decodeMessage(encodeMessage(trades));
    assertEquals(type, "trade");
    assertEquals(
      data.map(({ c, p, s, t, v }) => ({ symbol: s, price: p, volume: v, time: t, conditions: c ?? [] })),
      trades.map((trade) => ({ ...trade, conditions: [...trade.conditions] })),
    );
  }
});

Deno.test("encodeMessage() writes the bytes that the Avro specification asks for", () => {
  const bytes = encodeMessage([{ symbol: "A", price: 1, volume: 0, time: -1, conditions: ["12"] }]);
  const expected = [
    [2], // a block of one record
    [0, 2, 2, 4, 0x31, 0x32, 0], // c: branch 0, one item, branch 1, "12", end
    [0, 0, 0, 0, 0, 0, 0xf0, 0x3f], // p: 1.0
    [2, 0x41], // s: "A"
    [1], // t: -1, zigzag
    [0, 0, 0, 0, 0, 0, 0, 0], // v: 0.0
    [0], // end of the array
    [10, ...new TextEncoder().encode("trade")],
  ].flat();
  assertEquals([...bytes], expected);
});

Deno.test("decodeMessage() refuses an empty value, no value and bytes that are left over", () => {
  assertThrows(() => decodeMessage(null), MessageError, "empty");
  assertThrows(() => decodeMessage(new Uint8Array()), MessageError, "empty");
  const good = encodeMessage([]);
  assertThrows(() => decodeMessage(new Uint8Array([...good, 0])), MessageError, "left over");
});

Deno.test("decodeMessage() refuses a count of a billion trades before it allocates them", () => {
  const bytes = new Uint8Array([0x80, 0xa8, 0xd6, 0xb9, 0x07, 0, 0, 0]);
  assertThrows(() => decodeMessage(bytes), MessageError, "count larger than the message");
});

Deno.test("decodeMessage() reads blocks that carry their size, as other writers make them", () => {
  const [, ...rest] = encodeMessage([{ symbol: "A", price: 1, volume: 2, time: 3, conditions: [] }]);
  const item = rest.length - 1 - 6;
  const { data } = decodeMessage(new Uint8Array([1, 2 * item, ...rest]));
  assertEquals(data.map((trade) => ({ ...trade })), [{ c: null, p: 1, s: "A", t: 3, v: 2 }]);
});

Deno.test("decodeMessage() of 10,000 mutated messages either gives trades or throws a MessageError", () => {
  const random = seededRandom(7);
  let refused = 0;
  for (let round = 0; round < 10_000; round++) {
    const bytes = new Uint8Array(encodeMessage([randomTrade(random), randomTrade(random)]));
    for (let i = 0; i <= pick(random, 3); i++) bytes[pick(random, bytes.length)] = pick(random, 256);
    const cut = random() < 0.3 ? bytes.slice(0, pick(random, bytes.length)) : bytes;
    try {
      assert(Array.isArray(decodeMessage(cut).data));
    } catch (error) {
      assert(error instanceof MessageError, `not a MessageError: ${error}`);
      refused++;
    }
  }
  assert(refused > 1000, `only ${refused} mutations were refused`);
});

/** A message with times that `encodeMessage()` refuses, as another client may write it. */
function messageWith(times: readonly bigint[]): Uint8Array {
  const varint = (value: bigint) => {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, value << 1n ^ value >> 63n);
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    return [...bytes, Number(rest)];
  };
  const double = [...new Uint8Array(new Float64Array([1.5]).buffer)];
  const trades = times.flatMap((time) => [2, ...double, 2, 0x41, ...varint(time), ...double]);
  return new Uint8Array([
    ...varint(BigInt(times.length)),
    ...trades,
    0,
    10,
    ...new TextEncoder().encode("trade"),
  ]);
}

Deno.test("a time beyond 2^53 is read as something near, and the trades beside it as they are", () => {
  const far = [2n ** 53n - 2n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 53n), -(2n ** 63n)];
  const times = far.flatMap((time) => [1_700_000_000_000n, time]);
  const { data } = decodeMessage(messageWith(times));
  assertEquals(data.map(({ t }) => t), times.map(Number));
  assertEquals(new Set(data.map(({ p, s, v }) => `${s} ${p} ${v}`)), new Set(["A 1.5 1.5"]));
});

Deno.test("a time beyond 2^53 is read likewise by the schema of another version", () => {
  const schema = JSON.parse(SCHEMA_TEXT);
  const later = { ...schema, fields: [...schema.fields, { name: "note", type: "string" }] };
  const others = otherVersions([later]);
  const bytes = new Uint8Array([...messageWith([1n, 2n ** 60n, 3n]), 2, 0x42]);
  assertEquals(decodeMessage(bytes, schemaId(later), others).data.map(({ t }) => t), [1, 2 ** 60, 3]);
});
