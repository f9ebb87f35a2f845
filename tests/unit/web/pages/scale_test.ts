import { assertAlmostEquals, assertEquals } from "@std/assert";
import { atLeast } from "../../../../src/web/pages/dashboard/chart/scale.ts";

const range = (minValue: number, maxValue: number) => ({ priceRange: { minValue, maxValue } });

Deno.test("a scale shows ten steps at least, around what there is to show", () => {
  const { priceRange } = atLeast(range(42.26, 42.26), 0.01)!;
  assertAlmostEquals(priceRange!.minValue, 42.21, 1e-9);
  assertAlmostEquals(priceRange!.maxValue, 42.31, 1e-9);
  const noise = atLeast(range(42.26, 42.260000000000005), 0.01)!.priceRange!;
  assertAlmostEquals(noise.maxValue - noise.minValue, 0.1, 1e-9);
  const tiny = atLeast(range(1e-9, 2e-9), 1e-9)!.priceRange!;
  assertAlmostEquals(tiny.maxValue - tiny.minValue, 1e-8, 1e-15);
});

Deno.test("a scale with more to show is left as it is, and so is one with nothing", () => {
  for (const shown of [range(42, 43), { priceRange: null }, null]) assertEquals(atLeast(shown, 0.01), shown);
});
