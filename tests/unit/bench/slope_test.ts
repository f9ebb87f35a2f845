import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { type Point, risingBy } from "../../bench/slope.ts";

/** Half an hour, a sample every five seconds. */
const halfHour = (size: (hours: number, i: number) => number): Point[] =>
  Array.from({ length: 360 }, (_, i) => [i * 5 / 3600, size(i * 5 / 3600, i)]);

Deno.test("what rises is seen through a garbage collector's saw, and what does not rise does not", () => {
  const saw = (i: number) => i % 7 * 3;
  assertAlmostEquals(risingBy(halfHour((hours, i) => 100 + 2 * hours + saw(i))), 2, 0.2);
  assertAlmostEquals(risingBy(halfHour((_, i) => 100 + saw(i))), 0, 1e-9);
});

Deno.test("a part below a half is not taken in by noise, and still sees what rises", () => {
  let seed = 3;
  const noise = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let run = 0; run < 20; run++) {
    // A stretch of three minutes, and how much garbage its lowest sample had.
    const garbage = Array.from({ length: 11 }, () => 1.2 * noise());
    const heap = (rise: number) => halfHour((hours, i) => 13 + rise * hours + garbage[Math.floor(i / 36)]!);
    assert(risingBy(heap(0), 0.25) < 1);
    assert(risingBy(heap(8), 0.25) > 1);
  }
});

Deno.test("a few odd minutes do not move the slope", () => {
  const odd = halfHour((hours, i) => 100 + hours + (i > 100 && i < 140 ? 50 : 0));
  assert(Math.abs(risingBy(odd) - 1) < 0.2);
  assertEquals(risingBy([]), 0);
});
