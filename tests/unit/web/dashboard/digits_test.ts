import { assertEquals } from "@std/assert";
import { decimalsOf, Digits } from "../../../../src/web/dashboard/digits.ts";

Deno.test("a number needs the decimals that it is written with", () => {
  const needed = [
    [42, 0],
    [42.3, 1],
    [42.26, 2],
    [1.15842, 5],
    [0.00000851, 8],
    [1e-9, 9],
    [1.25e-9, 11],
    [87_310.25, 2],
    [120, 0],
    [-0.5, 1],
    [0, 0],
    [1e21, 0],
  ] as const;
  assertEquals(needed.map(([value]) => [value, decimalsOf(value)]), needed.map((each) => [...each]));
});

Deno.test("what arithmetic leaves behind needs none", () => {
  assertEquals([0.1 + 0.2, 42.260000000000005, 3 * 1.1, 87_310.25 + 1e-10].map(decimalsOf), [1, 2, 1, 2]);
  assertEquals([NaN, Infinity, 5e-324].map(decimalsOf), [0, 0, 15]);
});

Deno.test("a symbol's numbers share the decimals that one of them needs", () => {
  const digits = new Digits(2);
  const counts = [42, 42.3, 42.26, 0.1 + 0.2, 42.265, 42.26, NaN, Infinity, 0].map((value) => {
    digits.note(value);
    return digits.count;
  });
  assertEquals(counts, [2, 2, 2, 2, 3, 3, 3, 3, 3]);
  const volume = new Digits(0, 8);
  volume.note(1.23e-12);
  assertEquals(volume.count, 8);
  const shib = new Digits(2);
  shib.note(0.00000851);
  shib.note(0.0000085);
  assertEquals(shib.count, 8);
});
