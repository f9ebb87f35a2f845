import { assertEquals } from "@std/assert";
import { emptyCandle, filled } from "../../../src/market/fill.ts";

const candle = (start: number) => ({
  start,
  open: 1,
  high: 3,
  low: 1,
  close: start / 100,
  volume: 2,
  trades: 1,
});
const [first, second, third] = [candle(1000), candle(1300), candle(1400)];
const stored = [first!, second!, third!];
const starts = (fill: "none" | "previous" | "null", until = 1700, limit = 100) =>
  filled(stored, 100, fill, until, limit).map(({ start }) => start);

Deno.test("between candles stand those without trades, and none before the first or after the end", () => {
  assertEquals(starts("none"), [1000, 1300, 1400]);
  assertEquals(starts("previous"), [1000, 1100, 1200, 1300, 1400, 1500, 1600]);
  assertEquals(starts("null"), starts("previous"));
  assertEquals(starts("previous", 1500), [1000, 1100, 1200, 1300, 1400]);
  assertEquals(filled([], 100, "previous", 1700, 10), []);
});

Deno.test("an empty candle has the close before it, or no number", () => {
  const [, gap] = filled(stored, 100, "previous", 1500, 100);
  assertEquals(gap, { start: 1100, open: 10, high: 10, low: 10, close: 10, volume: 0, trades: 0 });
  assertEquals(filled(stored, 100, "null", 1500, 100)[2], emptyCandle(1200, first!, "null"));
  assertEquals(emptyCandle(7, first!, "null"), {
    start: 7,
    open: null,
    high: null,
    low: null,
    close: null,
    volume: null,
    trades: 0,
  });
});

Deno.test("of many the newest come, however long nobody traded", () => {
  assertEquals(starts("previous", 1700, 4), [1300, 1400, 1500, 1600]);
  assertEquals(starts("previous", 1700, 2), [1500, 1600]);
  const far = filled([candle(0)], 5, "previous", 1e15, 3);
  assertEquals(far.map(({ start }) => start), [1e15 - 15, 1e15 - 10, 1e15 - 5]);
});
