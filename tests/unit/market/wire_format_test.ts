import { assert, assertEquals } from "@std/assert";
import { decodeMessage, encodeMessage, framedEncoder } from "../../../src/market/message.ts";
import type { Trade } from "../../../src/market/trade.ts";
import { frame, FRAME_BYTES, framedBy, MAX_SCHEMA_ID } from "../../../src/market/wire_format.ts";

const trade: Trade = { symbol: "A", price: 1, volume: 2, time: 3, conditions: ["12"] };
const bytes = (...values: (number | string)[]) =>
  new Uint8Array(
    values.flatMap((value) => typeof value === "number" ? value : [...new TextEncoder().encode(value)]),
  );

Deno.test("the wire format is a zero byte, the id in four big-endian bytes, then plain Avro", () => {
  const framed = framedEncoder(0x01020304)([trade]);
  assertEquals([...framed.subarray(0, 5)], [0, 1, 2, 3, 4]);
  assertEquals([...framed.subarray(FRAME_BYTES)], [...encodeMessage([trade])]);
  assertEquals([...frame(258)], [0, 0, 0, 1, 2]);
});

Deno.test("a message in the wire format is recognised for every schema id", () => {
  for (const id of [0, 1, 255, 256, 65_536, 0x0a74_7261, 0x0101_0101, MAX_SCHEMA_ID]) {
    for (const trades of [[], [trade], [trade, trade]]) {
      assertEquals(framedBy(framedEncoder(id)(trades)), id);
    }
  }
});

Deno.test("plain Avro is never mistaken for the wire format: neither ours nor an older producer's, with trades or without", () => {
  assertEquals(framedBy(encodeMessage([trade])), undefined);
  // No trades: the only plain message that starts with a zero.
  assertEquals([...encodeMessage([])], [...bytes(0, 10, "trade")]);
  for (const type of ["trade", "ping", "", "x".repeat(63), "x".repeat(64), "x".repeat(5000)]) {
    const length = 2 * type.length;
    const prefix = length < 128 ? [length] : [length & 127 | 128, length >> 7];
    const value = bytes(0, ...prefix, type);
    assertEquals({ ...decodeMessage(value) }, { data: [], type });
    assertEquals(framedBy(value), undefined, type);
  }
});

Deno.test("a frame that is cut off is none", () => {
  const whole = framedEncoder(1)([trade]);
  for (let end = 0; end <= FRAME_BYTES; end++) assertEquals(framedBy(whole.subarray(0, end)), undefined);
  assert(framedBy(whole.subarray(0, FRAME_BYTES + 1)) === 1);
});
