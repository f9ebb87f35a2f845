import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  epochOf,
  IMPORT_EPOCH,
  MAX_EPOCH,
  NO_POSITION,
  offsetOf,
  positionOf,
  type RepairPlace,
  repairPlace,
  sourcePosition,
  writeTimestamp,
} from "../../../src/market/position.ts";
import { fnv1a, importedTradeId, tradeId, tradeOrigin } from "../../../src/market/trade_id.ts";

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

Deno.test("a repair is written between the stream's writes of its position and of the next, up to the last one", () => {
  for (const position of [positionOf(1, 0), positionOf(1, 7), positionOf(MAX_EPOCH, 2 ** 42 - 2)]) {
    const stream = BigInt(writeTimestamp(position));
    const next = BigInt(writeTimestamp(position + 1));
    assertEquals(next - stream, 1024n);
    assert(next < 2n ** 63n);
    let written: bigint | undefined = stream;
    for (let i = 1; i < 1024; i++) {
      const place: RepairPlace | undefined = repairPlace(position, written, 0);
      assert(place && place.timestamp > written && place.timestamp < next);
      assertEquals(place.complete, position);
      written = place.timestamp;
    }
    assertEquals(repairPlace(position, written, 0), undefined);
    // A row from before, or none.
    for (const older of [undefined, 2n * BigInt(position)]) {
      assertEquals(repairPlace(position, older, 0)?.timestamp, stream + 1n);
    }
  }
});

Deno.test("writes to a window of imported trades alone follow one another in time, before all of the stream's", () => {
  const now = Date.UTC(2026, 0, 1);
  const first = repairPlace(positionOf(IMPORT_EPOCH, 0), undefined, now);
  assert(first);
  assertEquals(first.timestamp, BigInt(now) * 1000n);
  const second = repairPlace(first.complete, first.timestamp, now);
  assert(second && second.timestamp > first.timestamp);
  assertEquals(epochOf(second.complete), IMPORT_EPOCH);
  assert(second.timestamp < BigInt(writeTimestamp(positionOf(1, 0))));
  assertEquals(repairPlace(positionOf(IMPORT_EPOCH, 0), undefined, Date.UTC(2113, 0, 1)), undefined);
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

Deno.test("tradeOrigin() reads what tradeId() wrote", () => {
  for (
    const [partition, epoch, offset, index] of [[0, 1, 0, 0], [3, 2, 2 ** 40 + 5, 7], [
      65_535,
      MAX_EPOCH,
      2 ** 42 - 1,
      65_535,
    ]] as const
  ) {
    const position = positionOf(epoch, offset);
    assertEquals(tradeOrigin(tradeId(fnv1a("market"), partition, position, index)), {
      partition,
      position,
      index,
    });
  }
});

Deno.test("importedTradeId() tells trades apart by all that is known of them, and orders those of a millisecond", () => {
  const hex = (id: Uint8Array) => [...id].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const base = { symbol: "A", price: 1, volume: 2, time: 3, conditions: ["x"] };
  const others = [{ symbol: "B" }, { price: 2 }, { volume: 1 }, { time: 4 }, { conditions: [] }];
  const ids = [base, ...others.map((other) => ({ ...base, ...other }))]
    .map((trade) => hex(importedTradeId(trade, 0)));
  assertEquals(new Set(ids).size, 6);
  assertEquals(hex(importedTradeId({ ...base }, 0)), ids[0]);
  assert(ids.every((id) => id[12] === "8" && "89ab".includes(id[16]!)));
  const places = [0, 1, 255, 256, 65_535].map((place) => importedTradeId(base, place));
  assertEquals(places.map(hex).sort(), places.map(hex));
  assertEquals(
    places.map((id) => tradeOrigin(id)),
    [0, 1, 255, 256, 65_535].map((index) => ({
      partition: -1,
      position: 0,
      index,
    })),
  );
});
