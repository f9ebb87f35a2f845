import { assert, assertEquals } from "@std/assert";
import { search } from "../../../src/finnhub/simulator/simulator.ts";
import { searchSymbols } from "../../../src/finnhub/symbols.ts";
import { FINNHUB_ACCESS } from "../../finnhub_access.ts";

const SYMBOLS = ["BINANCE:BTCUSDT", "BINANCE:ETHUSDT", "AAPL", "BTCW"];
const found = (query: string) => search(SYMBOLS, query).result.map(({ symbol }) => symbol);

Deno.test("the simulator's search finds parts of names in any case, in the market's order", () => {
  assertEquals(found("btc"), ["BINANCE:BTCUSDT", "BTCW"]);
  assertEquals(found("BINANCE:"), ["BINANCE:BTCUSDT", "BINANCE:ETHUSDT"]);
  assertEquals(found("aapl"), ["AAPL"]);
});

Deno.test("the simulator's search finds nothing for nothing, for a pattern or for an unknown name", () => {
  for (const query of ["", "NOPE", ".*", "%", "AAPL "]) assertEquals(found(query), [], query);
  assertEquals(search([], "A"), { count: 0, result: [] });
});

Deno.test("the simulator's search describes a match as Finnhub does, with the exchange left off the display", () => {
  const match = {
    symbol: "BINANCE:BTCUSDT",
    displaySymbol: "BTCUSDT",
    description: "BINANCE:BTCUSDT (simulated)",
    type: "Crypto",
  };
  assertEquals(search(SYMBOLS, "btcusdt"), { count: 1, result: [match] });
  const [stock] = search(SYMBOLS, "AAPL").result;
  assertEquals([stock!.displaySymbol, stock!.type], ["AAPL", "Common Stock"]);
});

Deno.test("the simulator's search gives at most 100 matches, and counts those that it gives", () => {
  const many = Array.from({ length: 250 }, (_, i) => `S${i}`);
  const { count, result } = search(many, "s");
  assertEquals([count, result.length, result.at(-1)!.symbol], [100, 100, "S99"]);
});

Deno.test("the simulator's answer is one that searchSymbols() reads whole", async () => {
  const answer = search(SYMBOLS, "usdt");
  const matches = await searchSymbols("usdt", {
    ...FINNHUB_ACCESS,
    fetch: () => Promise.resolve(Response.json(answer)),
    random: () => 0,
    signal: new AbortController().signal,
  });
  assert(matches.length === 2);
  assertEquals(matches, answer.result);
});
