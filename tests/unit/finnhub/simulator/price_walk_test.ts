import { assert, assertAlmostEquals } from "@std/assert";
import { instrumentOf } from "../../../../src/finnhub/simulator/instruments.ts";
import { PriceWalk } from "../../../../src/finnhub/simulator/price_walk.ts";
import { seededRandom } from "../../../../src/finnhub/random.ts";

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** How alike neighbours are, from -1 to 1. */
function correlation(values: readonly number[], lag = 1): number {
  const middle = mean(values);
  const variance = mean(values.map((value) => (value - middle) ** 2));
  return mean(values.slice(lag).map((value, i) => (value - middle) * (values[i]! - middle))) / variance;
}

/** Prices of so many trades, so many milliseconds apart. */
function prices(symbol: string, count: number, apart: number, seed = 1): number[] {
  const walk = new PriceWalk(instrumentOf(symbol, seed));
  const random = seededRandom(seed);
  let warmed = 0;
  return Array.from({ length: count }, (_, i) => {
    if (i * apart >= warmed) {
      walk.warm(Math.max(1000, apart) / 1000, random);
      warmed += Math.max(1000, apart);
    }
    return walk.price(i * apart, random);
  });
}

const changes = (values: readonly number[]) =>
  values.slice(1).map((value, i) => Math.log(value / values[i]!));

Deno.test("trades bounce between bid and ask: a step up is followed by one down", () => {
  for (const symbol of ["AAPL", "OANDA:EUR_USD", "BINANCE:SHIBUSDT"]) {
    const own = correlation(changes(prices(symbol, 20_000, 20)));
    assert(own < -0.3, `${symbol}: ${own}`);
  }
});

Deno.test("quiet and busy times come in clusters, and a move tells nothing of the next one's way", () => {
  const moves = changes(prices("BINANCE:BTCUSDT", 40_000, 30_000));
  const sizes = moves.map(Math.abs);
  assert(correlation(sizes) > 0.1, `sizes: ${correlation(sizes)}`);
  assert(Math.abs(correlation(moves)) < 0.03, `moves: ${correlation(moves)}`);
});

Deno.test("a price strays by its volatility, however many trades there are", () => {
  for (const apart of [1000, 60_000]) {
    const perHour = Array.from({ length: 200 }, (_, seed) => {
      const day = prices("BINANCE:BTCUSDT", 3_600_000 / apart, apart, seed);
      return Math.log(day.at(-1)! / day[0]!);
    });
    const deviation = Math.sqrt(mean(perHour.map((value) => value ** 2)));
    const expected = 0.45 / Math.sqrt(365.25 * 24);
    assertAlmostEquals(deviation / expected, 1.05, 0.35, `${apart} ms apart`);
  }
});

Deno.test("a copy goes on as the walk itself does", () => {
  const walk = new PriceWalk(instrumentOf("AAPL", 1));
  const random = seededRandom(1);
  for (let time = 0; time < 60_000; time += 500) walk.price(time, random);
  const copy = walk.copy();
  const go = (of: PriceWalk) => {
    const own = seededRandom(2);
    return Array.from({ length: 50 }, (_, i) => of.price(60_000 + i * 500, own));
  };
  const expected = go(walk);
  assert(go(copy).every((price, i) => price === expected[i]));
});
