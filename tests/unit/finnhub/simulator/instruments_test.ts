import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { inSteps, instrumentOf, INSTRUMENTS } from "../../../../src/finnhub/simulator/instruments.ts";
import { SETTINGS } from "../../../../src/settings/settings.ts";

Deno.test("the market file knows every default ticker, and stocks, crypto and currencies beside", () => {
  for (const { default: preset, parse } of [SETTINGS.tickers, SETTINGS.symbols]) {
    for (const symbol of parse(preset)) assert(INSTRUMENTS.has(symbol), symbol);
  }
  const types = [...INSTRUMENTS.values()].map(({ type }) => type);
  for (const type of ["Common Stock", "Crypto", "Forex"] as const) {
    assert(types.filter((each) => each === type).length >= 8, type);
  }
});

Deno.test("an entry of the market file is sound: price and size fit tick and lot, and a tick moves little", () => {
  for (const { activity, lot, price, size, spread, symbol, tick, volatility } of INSTRUMENTS.values()) {
    assertEquals(inSteps(Math.round(price / tick), tick), price, symbol);
    assert(size >= lot && Number.isInteger(spread) && spread >= 1, symbol);
    assert(tick / price < 0.003, `${symbol} moves by ${tick / price} at once`);
    assert(spread * tick / price < 0.003, symbol);
    assert(activity > 0 && volatility > 0.01 && volatility < 2, symbol);
  }
});

Deno.test("a symbol that nobody knows has a price by its name and the seed, of a size that fits its kind", () => {
  assertEquals(instrumentOf("NOBODY", 1), instrumentOf("NOBODY", 1));
  assertNotEquals(instrumentOf("NOBODY", 1).price, instrumentOf("NOBODY", 2).price);
  assertNotEquals(instrumentOf("NOBODY", 1).price, instrumentOf("SOMEBODY", 1).price);
  for (let i = 0; i < 200; i++) {
    const stock = instrumentOf(`S${i}`, 7);
    assert(stock.price >= 10 && stock.price <= 510 && stock.tick === 0.01, `${stock.price}`);
    const crypto = instrumentOf(`KRAKEN:S${i}USD`, 7);
    assert(crypto.price >= 0.009 && crypto.tick / crypto.price < 2e-4, `${crypto.price} by ${crypto.tick}`);
    assertEquals(inSteps(Math.round(crypto.price / crypto.tick), crypto.tick), crypto.price);
  }
  assertEquals(instrumentOf("OANDA:SEK_NOK", 1).type, "Forex");
});
