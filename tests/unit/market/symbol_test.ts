import { assert, assertEquals } from "@std/assert";
import { symbolFault } from "../../../src/market/symbol.ts";
import { CRD } from "../../../src/operator/pipeline.ts";
import { symbolList } from "../../../src/settings/parsers.ts";

const GOOD = [
  "A",
  "AAPL",
  "BINANCE:BTCUSDT",
  "IC MARKETS:1",
  "BRK.B",
  "^GSPC",
  "EUR/USD",
  "ES=F",
  "é",
  "\u{1f680}",
];
const CONTROL_OR_FORMAT = [
  ..."\u0000\u0009\u000a\u000d\u001b\u007f\u0085\u009b",
  ..."\u00ad\u061c\u200b\u200d\u200f\u2028\u2029\u202a\u202e\u2060\u2066\u2069\ufeff\ue000\u{e0041}",
];

Deno.test("a symbol has 1 to 64 characters, spaces among them, and none of control or format", () => {
  for (const symbol of [...GOOD, "A".repeat(64), "a,b"]) assertEquals(symbolFault(symbol), undefined, symbol);
  assertEquals(symbolFault(""), "empty symbol");
  assertEquals(symbolFault("  "), "blank symbol");
  assertEquals(symbolFault("A".repeat(65)), "symbol longer than 64 characters");
  for (const bad of [...CONTROL_OR_FORMAT, "\ud800", "\udc00"]) {
    for (const symbol of [bad, `A${bad}`, `${bad}B`]) {
      assertEquals(
        symbolFault(symbol),
        "control or format character in the symbol",
        JSON.stringify(symbol),
      );
    }
  }
});

const accepts = (symbol: string): boolean => {
  try {
    return symbolList(symbol)[0] === symbol;
  } catch (error) {
    assert(error instanceof RangeError);
    return false;
  }
};

Deno.test("--tickers and the Pipeline's tickers take the same symbols, and only such as are symbols", () => {
  const { items } = CRD.spec.versions[0]!.schema.openAPIV3Schema.properties!.spec!.properties!.tickers!;
  const pattern = new RegExp(items!.pattern!, "u");
  const wrong = [...CONTROL_OR_FORMAT.map((bad) => `A${bad}B`), " ", " A", "A ", "'A'", '"A"', "[A]", "A,B"];
  for (const symbol of GOOD) assert(accepts(symbol) && pattern.test(symbol), symbol);
  for (const symbol of wrong) {
    assertEquals([accepts(symbol), pattern.test(symbol)], [false, false], JSON.stringify(symbol));
  }
});
