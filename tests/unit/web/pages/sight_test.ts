import { assert, assertEquals } from "@std/assert";
import type { Candle } from "../../../../src/market/reader.ts";
import {
  firstSight,
  pannedBy,
  rangeOf,
  sightOf,
  zoomedBy,
} from "../../../../src/web/pages/dashboard/chart/sight.ts";

/** Candles of so many minutes, from this one on. */
const candles = (from: number, count: number, every = 1): Candle[] =>
  Array.from({ length: count }, (_, i) => ({
    start: (from + i * every) * 60_000,
    open: 1,
    high: 1,
    low: 1,
    close: 1,
    volume: 1,
    trades: 1,
  }));

Deno.test("a sight of the newest candles is one of the newest of others, too, as wide as before", () => {
  const sight = sightOf({ from: 60, to: 103 }, candles(0, 100));
  assertEquals(sight, { bars: 43, offset: 4 });
  assertEquals(rangeOf(sight, candles(500, 300)), { from: 260, to: 303 });
});

Deno.test("a sight of the past is one of the same time, in other candles, too", () => {
  const sight = sightOf({ from: 20.5, to: 60.5 }, candles(0, 100));
  assertEquals(sight, { bars: 40, offset: 0.5, at: 60 * 60_000 });
  // Ten of them were loaded meanwhile, before or behind.
  assertEquals(rangeOf(sight, candles(-10, 110)), { from: 30.5, to: 70.5 });
  assertEquals(rangeOf(sight, candles(0, 110)), { from: 20.5, to: 60.5 });
  assertEquals(rangeOf(sight, candles(0, 50, 5)), { from: -27.5, to: 12.5 });
  // They begin later: there is no such time.
  assertEquals(rangeOf(sight, candles(70, 30)).to, 29.5);
});

Deno.test("panning keeps the width, zooming the right edge, within bounds", () => {
  assertEquals(pannedBy({ from: 10, to: 30 }, -0.5), { from: 0, to: 20 });
  assertEquals(zoomedBy({ from: 10, to: 30 }, 2, 100), { from: -10, to: 30 });
  let range = { from: 0, to: 100 };
  for (let i = 0; i < 50; i++) range = zoomedBy(range, 0.8, 100);
  assertEquals(range, { from: 95, to: 100 });
  for (let i = 0; i < 50; i++) range = zoomedBy(range, 1.25, 100);
  assertEquals(range, { from: -20, to: 100 });
  assert(firstSight(300).bars < firstSight(600).bars);
  assertEquals(firstSight(5000).bars, 94);
});
