import { assert, assertEquals } from "@std/assert";
import { seededRandom } from "../../../src/finnhub/random.ts";

// The first three of its author's reference implementation for the seed 1, before the division by 2^32.
const REFERENCE = [2_693_262_067, 11_749_833, 2_265_367_787];

Deno.test("seededRandom() gives the numbers of mulberry32", () => {
  const random = seededRandom(1);
  assertEquals([random(), random(), random()].map((value) => Math.round(value * 2 ** 32)), REFERENCE);
});

Deno.test("seededRandom() is uniform in [0, 1) for any seed", () => {
  for (const seed of [0, 1, 4_294_967_295]) {
    const random = seededRandom(seed);
    const tenths = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) tenths[Math.floor(random() * 10)]!++;
    assert(tenths.every((count) => count > 850 && count < 1150), tenths.join(" "));
  }
});
