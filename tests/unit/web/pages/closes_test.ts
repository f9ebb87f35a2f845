import { assertEquals } from "@std/assert";
import { Closes, comparedOf, comparedText } from "../../../../src/web/pages/dashboard/compare/closes.ts";

Deno.test("a close is that of the newest candle that starts by then, in whatever order they came", () => {
  const closes = new Closes();
  assertEquals(closes.at(10), undefined);
  for (const [start, close] of [[30, 3], [10, 1], [20, 2], [30, 4]] as const) closes.set(start, close);
  closes.set(40, NaN);
  assertEquals([9, 10, 19, 20, 30, 45].map((start) => closes.at(start)), [undefined, 1, 1, 2, 4, 4]);
});

Deno.test("symbols to compare are kept as text, whatever is in their names", () => {
  const symbols = ["AAPL", "BINANCE:BTCUSDT", "a,b", "100%,%2C"];
  assertEquals(comparedOf(comparedText(symbols)), symbols);
  assertEquals(comparedOf(""), []);
  assertEquals(comparedOf("A,,A,B,C,D,E"), ["A", "B", "C", "D"]);
});
