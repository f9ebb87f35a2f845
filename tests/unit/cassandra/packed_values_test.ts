import { assertEquals } from "@std/assert";
import { PackedValues } from "../../../src/cassandra/packed_values.ts";

Deno.test("values stand one behind the other, big-endian, each in bytes of its own", () => {
  const values = new PackedValues(44);
  const all = [
    values.timestamp(1_700_000_000_123),
    values.double(-1.5),
    values.bytes(new Uint8Array([1, 2, 3, 4])),
    values.timestamp(0),
    values.timestamp(-1),
    values.timestamp(2 ** 40 + 2 ** 31),
  ];
  assertEquals(all.map((value) => value.toString("hex")), [
    "0000018bcfe5687b",
    "bff8000000000000",
    "01020304",
    "0000000000000000",
    "ffffffffffffffff",
    "0000010080000000",
  ]);
});
