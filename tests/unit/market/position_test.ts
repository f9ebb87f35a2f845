import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  epochOf,
  MAX_EPOCH,
  NO_POSITION,
  offsetOf,
  positionOf,
  sourcePosition,
  writeTimestamp,
} from "../../../src/market/position.ts";
import { fnv1a, tradeId } from "../../../src/market/trade_id.ts";

Deno.test("positions order by epoch, then offset, and take both apart again", () => {
  const ordered = [[0, 0], [0, 1], [0, 2 ** 42 - 1], [1, 0], [1, 5], [MAX_EPOCH, 0], [
    MAX_EPOCH,
    2 ** 42 - 1,
  ]] as const;
  let last = NO_POSITION;
  for (const [epoch, offset] of ordered) {
    const position = positionOf(epoch, offset);
    assert(position > last);
    assertEquals([epochOf(position), offsetOf(position)], [epoch, offset]);
    last = position;
  }
});

Deno.test("writeTimestamp() leaves room for a repair between two positions, up to the last one", () => {
  const last = positionOf(MAX_EPOCH, 2 ** 42 - 1);
  assert(Number.isSafeInteger(writeTimestamp(last) + 1));
  assert(writeTimestamp(last - 1) + 1 < writeTimestamp(last));
});

Deno.test("positionOf() refuses what does not fit", () => {
  assertThrows(() => positionOf(MAX_EPOCH + 1, 0), RangeError, "epoch");
  assertThrows(() => positionOf(0, 2 ** 42), RangeError, "offset");
  assertThrows(() => positionOf(0, NaN), RangeError, "offset");
});

Deno.test("sourcePosition() gives a message the epoch that had begun at its offset", () => {
  const epochs = [{ epoch: 1, starts: [0] }, { epoch: 2, starts: [100, 0] }];
  assertEquals(sourcePosition(epochs, 0, 99), positionOf(1, 99));
  assertEquals(sourcePosition(epochs, 0, 100), positionOf(2, 100));
  assertEquals(sourcePosition(epochs, 1, 0), positionOf(2, 0));
  assertThrows(() => sourcePosition(epochs, 2, 0), RangeError, "partition 2");
});

Deno.test("tradeId() is a version 8 UUID that differs in every part of its origin and orders like the stream", () => {
  const hash = fnv1a("market");
  const hex = (id: Uint8Array) => [...id].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const base = hex(tradeId(hash, 3, positionOf(1, 2 ** 40 + 5), 7));
  assertEquals(base[12], "8");
  assertEquals(["8", "9", "a", "b"].includes(base[16]!), true);
  const others = [
    tradeId(fnv1a("market2"), 3, positionOf(1, 2 ** 40 + 5), 7),
    tradeId(hash, 4, positionOf(1, 2 ** 40 + 5), 7),
    tradeId(hash, 3, positionOf(2, 2 ** 40 + 5), 7),
    tradeId(hash, 3, positionOf(1, 5), 7),
    tradeId(hash, 3, positionOf(1, 2 ** 40 + 5), 8),
  ].map(hex);
  assertEquals(new Set([base, ...others]).size, 6);
  const inOrder = [[0, 0], [0, 1], [1, 0], [255, 0], [256, 65_535], [257, 0], [2 ** 33, 0]] as const;
  const ids = inOrder.map(([offset, index]) => hex(tradeId(hash, 0, positionOf(0, offset), index)));
  assertEquals([...ids].sort(), ids);
});
