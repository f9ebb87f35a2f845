import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import type { TimedFrame } from "../../../../src/finnhub/simulator/market_source.ts";
import { syntheticMarket, type SyntheticOptions } from "../../../../src/finnhub/simulator/synthetic.ts";

async function take(
  count: number,
  options: Partial<SyntheticOptions> = {},
  start = 0,
): Promise<TimedFrame[]> {
  const market = syntheticMarket({ symbols: ["A", "B"], rate: 1000, seed: 1, ...options });
  const frames: TimedFrame[] = [];
  for await (const frame of market.frames(start, new AbortController().signal)) {
    frames.push(frame);
    if (frames.length === count) break;
  }
  return frames;
}

Deno.test("equal seeds make equal markets, other seeds others", async () => {
  assertEquals(await take(50), await take(50));
  assertNotEquals(await take(50), await take(50, { seed: 2 }));
});

Deno.test("the market keeps its rate, and its times follow its start", async () => {
  const frames = await take(500, { rate: 1000 }, 5_000_000);
  const trades = frames.flatMap((frame) => frame.trades);
  const last = frames.at(-1)!;
  assertEquals(Math.round((trades.length - last.trades.length) / last.due * 1000), 1000);
  for (const { due, trades } of frames) {
    for (const { t } of trades) assertEquals(t, Math.floor(5_000_000 + due));
  }
  assert(frames.every(({ trades }) => trades.length === 20), "several trades a frame at a high rate");
  assert((await take(5, { rate: 2 })).every(({ trades }) => trades.length === 1));
});

Deno.test("the market has what real ones have: price updates, all forms of conditions, prices above zero", async () => {
  const trades = (await take(500)).flatMap((frame) => frame.trades);
  assert(trades.some(({ v }) => v === 0));
  assertEquals(
    new Set(trades.map(({ c }) => JSON.stringify(c))),
    new Set([undefined, "null", "[]", '["1","12"]']),
  );
  assert(trades.every(({ p, v }) => p > 0 && v >= 0));
  assertEquals(new Set(trades.map(({ s }) => s)), new Set(["A", "B"]));
});

Deno.test("no rate makes a frame that a client would refuse for its length", async () => {
  const symbols = ["A".repeat(64)];
  const frames = await take(3, { rate: 2_000_000, symbols });
  assert(frames.every(({ trades }) => JSON.stringify(trades).length < 1_000_000));
  assertEquals(Math.round(frames[0]!.trades.length / frames[1]!.due * 1000), 2_000_000);
});

Deno.test("the start moves times alone: prices, volumes and conditions depend on the seed", async () => {
  const [early, late] = [await take(100, {}, 1000), await take(100, {}, 1_700_000_000_000)];
  const moved = early.map(({ due, trades }) => ({
    due,
    trades: trades.map((trade) => ({ ...trade, t: trade.t + 1_700_000_000_000 - 1000 })),
  }));
  assertEquals(late, moved);
});

Deno.test("two plays of one market are alike, even side by side", async () => {
  const market = syntheticMarket({ symbols: ["A", "B"], rate: 1000, seed: 5 });
  const { signal } = new AbortController();
  const [one, two] = [0, 1].map(() => market.frames(0, signal)[Symbol.asyncIterator]());
  for (let i = 0; i < 50; i++) assertEquals(await one!.next(), await two!.next());
});

Deno.test("the rate holds over any stretch, low or high, and frames are due in order", async () => {
  for (const rate of [0.5, 1, 7, 49, 50, 75, 999, 100_000]) {
    const frames = await take(200, { rate });
    let sent = 0;
    for (const [i, { due, trades }] of frames.entries()) {
      assertAlmostEquals(due, sent / rate * 1000, 1e-6, `frame ${i} at rate ${rate}`);
      assert(i === 0 || due > frames[i - 1]!.due);
      sent += trades.length;
    }
  }
});

Deno.test("times never go backwards and are whole milliseconds, at a rate of more than one a millisecond too", async () => {
  for (const rate of [3, 100_000]) {
    const times = (await take(100, { rate }, 123)).flatMap(({ trades }) => trades.map(({ t }) => t));
    assert(times.every((t, i) => Number.isSafeInteger(t) && t >= (times[i - 1] ?? 123)));
  }
});

Deno.test("prices walk in small steps of whole cents", async () => {
  const last = new Map<string, number>();
  for (const { trades } of await take(500)) {
    for (const { p, s } of trades) {
      assertAlmostEquals(p * 100, Math.round(p * 100), 1e-6);
      const before = last.get(s) ?? p;
      assert(Math.abs(p - before) <= 0.0002 * before + 0.0051, `${s} went from ${before} to ${p}`);
      last.set(s, p);
    }
  }
});
