import { assertEquals } from "@std/assert";
import { Quotes } from "../../../../src/finnhub/simulator/quotes.ts";
import { syntheticMarket } from "../../../../src/finnhub/simulator/synthetic.ts";

const NOON = Date.UTC(2025, 10, 26, 12);
const at = (p: number, t: number) => ({ s: "AAPL", p, t, v: 1 });

Deno.test("a quote is the reference price before the first trade, then the day of the trades", () => {
  const quotes = new Quotes(syntheticMarket({ symbols: ["AAPL"], rate: 1, seed: 1 }));
  assertEquals(quotes.of("AAPL", NOON), {
    c: 271.49,
    d: 0,
    dp: 0,
    h: 271.49,
    l: 271.49,
    o: 271.49,
    pc: 271.49,
    t: NOON / 1000,
  });
  quotes.note([at(271.5, NOON), at(270.49, NOON + 1000), at(272, NOON + 2000), at(271, NOON + 3500)]);
  assertEquals(quotes.of("AAPL", NOON), {
    c: 271,
    d: -0.49,
    dp: -0.1805,
    h: 272,
    l: 270.49,
    o: 271.5,
    pc: 271.49,
    t: NOON / 1000 + 3,
  });
  quotes.note([at(273, NOON + 86_400_000)]);
  const { h, o, pc } = quotes.of("AAPL", NOON);
  assertEquals([o, h, pc], [273, 273, 271]);
});

Deno.test("a quote of a symbol that is not there is nought, as Finnhub's is", () => {
  const quotes = new Quotes(syntheticMarket({ symbols: ["AAPL"], rate: 1, seed: 1 }));
  const none = { c: 0, d: null, dp: null, h: 0, l: 0, o: 0, pc: 0, t: 0 };
  assertEquals(quotes.of("NVDA", NOON), none);
  assertEquals(new Quotes({ symbols: ["AAPL"] }).of("AAPL", NOON), none);
});
