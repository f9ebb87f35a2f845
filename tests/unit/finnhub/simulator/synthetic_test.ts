import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import type { TimedFrame } from "../../../../src/finnhub/simulator/market_source.ts";
import { instrumentOf, INSTRUMENTS } from "../../../../src/finnhub/simulator/instruments.ts";
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
  const trades = (await take(500, { symbols: ["A", "X:B"] })).flatMap((frame) => frame.trades);
  assert(trades.some(({ v }) => v === 0));
  assertEquals(
    new Set(trades.map(({ c }) => JSON.stringify(c))),
    new Set([undefined, "null", "[]", '["1","12"]', '["1"]']),
  );
  assert(trades.every(({ p, v }) => p > 0 && v >= 0));
  assertEquals(new Set(trades.map(({ s }) => s)), new Set(["A", "X:B"]));
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

Deno.test("a price is a whole number of ticks, a volume of lots, and begins at the reference price", async () => {
  const symbols = [...INSTRUMENTS.keys(), "MADEUP", "X:MADEUP", "OANDA:SEK_NOK"];
  const seen = new Set<string>();
  for (const { trades } of await take(500, { symbols })) {
    for (const { p, s, v } of trades) {
      const { lot, price, tick } = instrumentOf(s, 1);
      assertEquals(p, wholeSteps(p, tick), `${s} at ${p}`);
      assertEquals(v, wholeSteps(v, lot), `${v} of ${s}`);
      if (!seen.has(s)) assertAlmostEquals(p / price, 1, 0.01, s);
      seen.add(s);
    }
  }
  assertEquals(seen.size, symbols.length);
});

/** The nearest number that has the step's decimals, as it is read. */
function wholeSteps(value: number, step: number): number {
  const decimals = Math.round(-Math.log10(step));
  return decimals <= 0 ? Math.round(value / step) * step : Number(value.toFixed(decimals));
}

Deno.test("every symbol moves, whatever its price", async () => {
  const symbols = [...INSTRUMENTS.keys(), ...Array.from({ length: 100 }, (_, i) => `S${i}`)];
  const prices = new Map(symbols.map((symbol) => [symbol, new Set<number>()]));
  // Ten minutes.
  for (const { trades } of await take(30_000, { symbols, rate: 200 })) {
    for (const { p, s } of trades) prices.get(s)!.add(p);
  }
  assertEquals(symbols.filter((symbol) => prices.get(symbol)!.size < 4), []);
});

Deno.test("a symbol's trades come in bursts, and the market's rate stays", async () => {
  const counts = new Map<number, number>();
  for (const { due, trades } of await take(60_000, { symbols: ["A", "B", "C"], rate: 50 })) {
    const minute = Math.floor(due / 60_000);
    for (const { s } of trades) if (s === "A") counts.set(minute, (counts.get(minute) ?? 0) + 1);
  }
  const perMinute = [...counts.values()];
  const mean = perMinute.reduce((a, b) => a + b) / perMinute.length;
  const variance = perMinute.reduce((sum, count) => sum + (count - mean) ** 2, 0) / perMinute.length;
  // Trades that know nothing of each other have a variance as large as their mean.
  assert(variance > 5 * mean, `mean ${mean}, variance ${variance}`);
});

Deno.test("with hours stocks are silent at night, and a market of stocks alone goes on in the morning", async () => {
  const before = Date.UTC(2025, 10, 26, 14, 29, 58);
  const symbols = ["AAPL", "BINANCE:BTCUSDT"];
  const trades = (await take(400, { symbols, rate: 50, hours: true }, before)).flatMap((frame) =>
    frame.trades
  );
  const opening = Date.UTC(2025, 10, 26, 14, 30);
  const stocks = trades.filter(({ s }) => s === "AAPL");
  assert(stocks.length > 50 && stocks.every(({ t }) => t >= opening));
  assert(trades.some(({ s, t }) => s === "BINANCE:BTCUSDT" && t < opening));

  const night = await take(20_000, { symbols: ["AAPL"], rate: 50, hours: true }, opening - 3 * 3_600_000);
  const first = night.find(({ trades }) => trades.length > 0);
  assert(first && Math.abs(first.due - 3 * 3_600_000) < 2000, `the first trade is due at ${first?.due}`);
});
