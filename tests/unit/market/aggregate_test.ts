import { assert, assertEquals } from "@std/assert";
import {
  addTrade,
  type Aggregate,
  boundedVwap,
  emptyAggregate,
  meanTurnover,
  merge,
  vwap,
} from "../../../src/market/aggregate.ts";
import { pick, seededRandom } from "../pick.ts";

type Tick = [price: number, volume: number, time: number];

function fold(ticks: readonly Tick[]): Aggregate {
  const aggregate = emptyAggregate();
  for (const [price, volume, time] of ticks) addTrade(aggregate, price, volume, time);
  return aggregate;
}

// Quarters add up exactly, so that equality tests the rule and not the rounding.
const randomTicks = (random: () => number): Tick[] =>
  Array.from({ length: pick(random, 6) }, () => [pick(random, 40) / 4, pick(random, 8) / 4, pick(random, 5)]);

Deno.test("merge() is associative, has the empty aggregate as neutral element, and equals one fold", () => {
  const random = seededRandom(3);
  for (let round = 0; round < 3000; round++) {
    const [a, b, c] = [randomTicks(random), randomTicks(random), randomTicks(random)];
    const [fa, fb, fc] = [fold(a), fold(b), fold(c)];
    assertEquals(merge(merge(fa, fb), fc), merge(fa, merge(fb, fc)));
    assertEquals(merge(merge(fa, fb), fc), fold([...a, ...b, ...c]));
    assertEquals(merge(emptyAggregate(), fa), fa);
    assertEquals(merge(fa, emptyAggregate()), fa);
  }
});

Deno.test("addTrade() opens with the first and closes with the last of trades at one time", () => {
  const { close, high, low, open } = fold([[10, 1, 100], [11, 1, 100], [9, 1, 200], [8, 1, 200]]);
  assertEquals({ open, high, low, close }, { open: 10, high: 11, low: 8, close: 8 });
});

Deno.test("addTrade() takes a late trade into its place: an earlier time opens, but does not close", () => {
  const { close, open } = fold([[10, 1, 100], [12, 1, 300], [7, 1, 50], [20, 1, 200]]);
  assertEquals({ open, close }, { open: 7, close: 12 });
});

Deno.test("vwap() weighs by volume, and is absent where nothing but price updates happened", () => {
  assertEquals(vwap(fold([[10, 1, 0], [20, 3, 1]])), 17.5);
  assertEquals(vwap(fold([[10, 0, 0]])), undefined);
});

Deno.test("meanTurnover() is the mean of price times volume, price updates counted", () => {
  assertEquals(meanTurnover(fold([[10, 2, 0], [30, 0, 1]])), 10);
});

Deno.test("sums that overflow have no VWAP, and stay sums", () => {
  const huge = Number.MAX_VALUE;
  const cases: Tick[][] = [
    [[1, huge, 0], [1, huge, 1]],
    [[huge, 2, 0]],
    [[huge, huge, 0], [huge, huge, 1]],
    [[1e-300, huge, 0], [1e-300, huge, 1]],
    [[huge, 5e-324, 0], [huge, 0.9, 1], [huge, 0.9, 2]],
    [[1, 5e-324, 0]],
    [[1, 0, 0]],
  ];
  for (const ticks of cases) {
    const aggregate = fold(ticks);
    for (const price of [vwap(aggregate), boundedVwap(aggregate)]) {
      assert(price === undefined || Number.isFinite(price), JSON.stringify(ticks));
    }
    assert(!Number.isNaN(aggregate.volume) && !Number.isNaN(aggregate.turnover));
    assertEquals(aggregate.count, ticks.length);
  }
  assertEquals(vwap(fold(cases[0]!)), undefined);
});

Deno.test("a candle's VWAP is never outside of its prices", () => {
  const random = seededRandom(14);
  for (let round = 0; round < 5000; round++) {
    const price = [0.1, 61837.63, 1e-300, 3.3][pick(random, 4)]!;
    const volume = () => [random(), 0.1, 5e-324, 1e300, 1 / 3][pick(random, 5)]!;
    const same = random() < 0.5;
    const ticks = Array.from({ length: 1 + pick(random, 20) }, (_, i): Tick => {
      return [same ? price : price * (1 + random()), volume(), i];
    });
    const aggregate = fold(ticks);
    const found = boundedVwap(aggregate);
    if (found === undefined) continue;
    assert(found >= aggregate.low && found <= aggregate.high, `${found} of ${JSON.stringify(ticks)}`);
  }
});
