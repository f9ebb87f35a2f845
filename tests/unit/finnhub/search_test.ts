import { assert, assertEquals } from "@std/assert";
import { exchangesOf, listingOf, pairsOf, search, stocksOf } from "../../../src/finnhub/simulator/listing.ts";
import { syntheticMarket } from "../../../src/finnhub/simulator/synthetic.ts";
import { searchSymbols } from "../../../src/finnhub/symbols.ts";
import { FINNHUB_ACCESS } from "../../finnhub_access.ts";

const SYMBOLS = ["BINANCE:BTCUSDT", "BINANCE:ETHUSDT", "AAPL", "BTCW"];
const LISTING = listingOf(syntheticMarket({ symbols: SYMBOLS, rate: 1, seed: 1 }));
const found = (query: string) => search(LISTING, query).result.map(({ symbol }) => symbol);

Deno.test("the simulator's search finds parts of names in any case, in the market's order", () => {
  assertEquals(found("btc"), ["BINANCE:BTCUSDT", "BTCW"]);
  assertEquals(found("BINANCE:"), ["BINANCE:BTCUSDT", "BINANCE:ETHUSDT"]);
  assertEquals(found("aapl"), ["AAPL"]);
});

Deno.test("the simulator's search finds a company by its name, and what is called so comes first", () => {
  assertEquals(found("apple"), ["AAPL"]);
  const listing = listingOf({ symbols: ["AF", "META", "F", "FORDX"] });
  assertEquals(search(listing, "f").result.map(({ symbol }) => symbol), ["F", "AF", "FORDX", "META"]);
  assertEquals(search(listing, "ford").result.map(({ symbol }) => symbol), ["FORDX", "F"]);
});

Deno.test("the simulator's search finds nothing for nothing, for a pattern or for an unknown name", () => {
  for (const query of ["", "NOPE", ".*", "%", "AAPL "]) assertEquals(found(query), [], query);
  assertEquals(search([], "A"), { count: 0, result: [] });
});

Deno.test("the simulator's search describes a match as Finnhub does, with the exchange left off the display", () => {
  const match = {
    symbol: "BINANCE:BTCUSDT",
    displaySymbol: "BTC/USDT",
    description: "Binance BTCUSDT",
    type: "Crypto",
  };
  assertEquals(search(LISTING, "btcusdt"), { count: 1, result: [match] });
  const [stock] = search(LISTING, "AAPL").result;
  assertEquals([stock!.displaySymbol, stock!.type], ["AAPL", "Common Stock"]);
  // A recording knows names alone.
  const [unknown] = search(listingOf({ symbols: ["X:B"] }), "x:b").result;
  assertEquals(unknown, {
    symbol: "X:B",
    displaySymbol: "B",
    description: "X:B (simulated)",
    type: "Crypto",
  });
});

Deno.test("the simulator's search gives at most 100 matches, and counts those that it gives", () => {
  const many = Array.from({ length: 250 }, (_, i) => `S${i}`);
  const { count, result } = search(listingOf({ symbols: many }), "s");
  assertEquals([count, result.length, result.at(-1)!.symbol], [100, 100, "S99"]);
});

Deno.test("the simulator's answer is one that searchSymbols() reads whole", async () => {
  const answer = search(LISTING, "usdt");
  const matches = await searchSymbols("usdt", {
    ...FINNHUB_ACCESS,
    fetch: () => Promise.resolve(Response.json(answer)),
    random: () => 0,
    signal: new AbortController().signal,
  });
  assert(matches.length === 2);
  assertEquals(matches, answer.result);
});

Deno.test("the simulator lists stocks, crypto and currencies with the fields that Finnhub documents", () => {
  const listing = listingOf({
    symbols: ["AAPL", "BINANCE:BTCUSDT", "OANDA:EUR_USD", "SPY", "KRAKEN:XBTUSD"],
  });
  assertEquals(
    stocksOf(listing, "us"),
    ["AAPL", "SPY"].map((symbol, i) => ({
      currency: "USD",
      description: ["APPLE INC", "SPDR S&P 500 ETF TRUST"][i]!,
      displaySymbol: symbol,
      figi: "",
      isin: null,
      mic: ["XNAS", "ARCX"][i]!,
      shareClassFIGI: "",
      symbol,
      symbol2: "",
      type: ["Common Stock", "ETP"][i]!,
    })),
  );
  assertEquals(stocksOf(listing, "L"), []);
  assertEquals(pairsOf(listing, "Crypto", "binance"), [
    { description: "Binance BTCUSDT", displaySymbol: "BTC/USDT", symbol: "BINANCE:BTCUSDT" },
  ]);
  assertEquals(pairsOf(listing, "Forex", "OANDA"), [
    { description: "Oanda EUR/USD", displaySymbol: "EUR/USD", symbol: "OANDA:EUR_USD" },
  ]);
  assertEquals(exchangesOf(listing, "Crypto"), ["BINANCE", "KRAKEN"]);
  assertEquals(exchangesOf(listing, "Forex"), ["OANDA"]);
});
