import { assertEquals } from "@std/assert";
import type { Candle } from "../../../../src/market/reader.ts";
import { takeCandle } from "../../../../src/web/pages/dashboard/candles.ts";

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
