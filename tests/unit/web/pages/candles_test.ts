import { assertEquals } from "@std/assert";
import type { Candle } from "../../../../src/market/reader.ts";
import { candlesAsCsv } from "../../../../src/web/pages/dashboard/chart/csv.ts";
import { isDrawable, takeCandle, vwapOf } from "../../../../src/web/pages/dashboard/chart/candles.ts";

const candle = (start: number, trades = 1): Candle => ({
  start,
  open: 1,
  high: 1,
  low: 1,
  close: 1,
  volume: 1,
  trades,
});
/** What each of these candles gives to draw, and what is known at the end. */
function taking(known: readonly Candle[], ...newer: readonly Candle[]) {
  const candles = [...known];
  const drawn = newer.map((each) => takeCandle(candles, each));
  return { drawn, known: candles.map(({ start, trades }) => [start, trades]) };
}

Deno.test("a candle under way changes the end; the next one is added behind it", () => {
  assertEquals(taking([], candle(5), candle(5, 2), candle(10)), {
    drawn: ["end", "end", "end"],
    known: [[5, 2], [10, 1]],
  });
});

Deno.test("the newest candle is drawn again though its trades are as many: what the store knows of it may differ", () => {
  assertEquals(taking([candle(5)], candle(5)).drawn, ["end"]);
});

Deno.test("a late trade changes the candle behind the newest, and all is drawn; the same again draws nothing", () => {
  assertEquals(taking([candle(5), candle(10)], candle(5, 2), candle(5, 2)), {
    drawn: ["all", "nothing"],
    known: [[5, 2], [10, 1]],
  });
});

Deno.test("a candle that was missing is put where it belongs, also before the first", () => {
  assertEquals(taking([candle(10), candle(20)], candle(15), candle(5)), {
    drawn: ["all", "all"],
    known: [[5, 1], [10, 1], [15, 1], [20, 1]],
  });
});

Deno.test("a VWAP is within its candle's prices, whatever rounding has made of it", () => {
  const flat = { ...candle(0), open: 42.26, high: 42.26, low: 42.26, close: 42.26 };
  assertEquals([42.260000000000005, 42.25999999999999, 42.26].map((vwap) => vwapOf({ ...flat, vwap })), [
    42.26,
    42.26,
    42.26,
  ]);
  assertEquals([vwapOf(flat), vwapOf({ ...flat, vwap: NaN }), vwapOf({ ...flat, vwap: Infinity })], [
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("a candle whose price is beyond all numbers cannot be drawn, one whose volume is can", () => {
  const broken = JSON.parse('{"start":0,"open":1,"high":null,"low":1,"close":1,"volume":1,"trades":1}');
  const endless = JSON.parse('{"start":0,"open":1,"high":1,"low":1,"close":1,"volume":null,"trades":1}');
  assertEquals([candle(0), broken, endless].map(isDrawable), [true, false, true]);
});

Deno.test("candles as a table have numbers as they are, and no average where the volume is 0", () => {
  const start = Date.UTC(2026, 0, 31, 12);
  const some = { start, open: 1e-9, high: 2, low: 0.1, close: 61828.57, volume: 0.3, trades: 3, vwap: 1.5 };
  assertEquals(
    candlesAsCsv([some, { ...candle(start + 60_000), volume: 0 }]).split("\n"),
    [
      "start,open,high,low,close,volume,vwap,trades",
      "2026-01-31T12:00:00.000Z,1e-9,2,0.1,61828.57,0.3,1.5,3",
      "2026-01-31T12:01:00.000Z,1,1,1,1,0,,1",
      "",
    ],
  );
});
