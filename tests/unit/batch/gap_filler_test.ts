import { Calendars } from "../../../src/market/calendar/calendars.ts";
import { assertEquals } from "@std/assert";
import { candleTable } from "../../../src/batch/files/export_rows.ts";
import { GapFiller, LeftGap, type TickSource } from "../../../src/batch/gap_filler.ts";
import type { Unit } from "../../../src/batch/examine.ts";
import { gapsToFill } from "../../../src/batch/unseen_trades.ts";
import { completeness } from "../../../src/market/following/completeness.ts";
import { positionOf } from "../../../src/market/position.ts";
import type { Trade } from "../../../src/market/trade.ts";
import { tradeId } from "../../../src/market/trade_id.ts";
import { HOUR, MemoryBatchStore } from "./fakes.ts";

const CALENDARS = new Calendars();

/** Noon in New York. */
const T = Date.UTC(2024, 5, 3, 16);
const NOW = T + 48 * HOUR;

const trade = (after: number, price: number, symbol = "A"): Trade => ({
  symbol,
  price,
  volume: 1,
  time: T + after,
  conditions: ["1"],
});

/** A store that the stream has filled but for a gap, and a source of all trades in pages of three. */
async function made(
  all: readonly Trade[],
  seen: readonly Trade[],
  options: { today?: boolean; plan?: boolean; noCandles?: boolean } = {},
) {
  const store = new MemoryBatchStore();
  for (const [i, each] of seen.entries()) {
    const id = tradeId(1, 0, positionOf(1, i), 0);
    await store.writeTrades(each.symbol, T, [{ ...each, id, ingested: each.time }]);
  }
  store.told = [
    { kind: "gap", symbol: "A", from: T + 1000, to: T + 2000, why: "lost" },
    { kind: "gap", symbol: "B:X", from: T + 1000, to: T + 2000, why: "lost" },
    { kind: "gap", symbol: "A", from: T + 5000, why: "stopped" },
  ];
  const source: TickSource = {
    candles: (symbol, from, to) => {
      const minutes = options.noCandles ? [] : Array.from({ length: 90 }, (_, i) => ({
        start: T - 30 * 60_000 + i * 60_000,
        open: i + 1,
        high: i + 3,
        low: i + 0.5,
        close: i + 2,
        volume: symbol.length,
      }));
      return Promise.resolve(minutes.filter(({ start }) => start >= from && start < to));
    },
    ticks: (symbol, date, skip) => {
      if (options.plan === false) return Promise.reject(new Error("not in the plan"));
      const of = all.filter((each) =>
        each.symbol === symbol && CALENDARS.of(symbol).dayOf(each.time).date === date
      );
      return Promise.resolve({
        trades: of.slice(skip, skip + 3),
        next: skip + 3 < of.length ? skip + 3 : undefined,
      });
    },
  };
  const units: Unit[] = [];
  const lines: string[] = [];
  const run = async () => {
    const filler = new GapFiller({
      store,
      source,
      calendars: CALENDARS,
      maxTrades: 1000,
      now: () => options.today ? T + 3000 : NOW,
      retry: (work) => work(),
      recompute: (touched) => (units.push(...touched), Promise.resolve()),
      notInPlan: (error) => (error as Error).message === "not in the plan",
      whyLeft: (error) => error instanceof LeftGap ? error.message : undefined,
      print: (line) => lines.push(line),
    });
    await filler.run(await gapsToFill(store, ["A", "B:X"], T, T + HOUR), new AbortController().signal);
    return filler.totals;
  };
  return { store, run, units, lines };
}

const ALL = [
  trade(0, 1),
  trade(999, 2),
  trade(1000, 3),
  trade(1500, 4),
  trade(1500, 4),
  trade(1500, 5),
  trade(1999, 6),
  trade(2000, 7),
];
const stored = (store: MemoryBatchStore) =>
  [...store.raw.values()].map(({ price, time }) => [time - T, price]).sort((a, b) =>
    a[0]! - b[0]! || a[1]! - b[1]!
  );

Deno.test("a gap gets the trades that the stream has not, each once, however often it is run", async () => {
  // Of the gap's trades the stream has the first, and one of two that are equal.
  const { lines, run, store, units } = await made(ALL, [ALL[0]!, ALL[1]!, ALL[2]!, ALL[3]!, ALL[7]!], {
    noCandles: true,
  });
  assertEquals(await run(), { filled: 1, left: 1, trades: 3, candles: 0 });
  assertEquals(stored(store), ALL.map(({ price, time }) => [time - T, price]));
  assertEquals(units.map(({ hour, symbol }) => [symbol, hour]), [["A", T]]);
  const gap = store.told[0] as { filledAt?: number; filledFrom?: string };
  assertEquals([gap.filledAt, gap.filledFrom], [NOW, "tick"]);
  assertEquals(
    lines[1],
    "B:X 2024-06-03T16:00:01.000Z to 2024-06-03T16:00:02.000Z: left (there are no candles of that time)",
  );

  assertEquals(
    await run(),
    { filled: 0, left: 1, trades: 0, candles: 0 },
    "what is filled is not asked for again",
  );
  store.told[0] = { kind: "gap", symbol: "A", from: T + 1000, to: T + 2000, why: "lost" };
  assertEquals((await run()).filled, 1, "as after a run that was killed before it noted what it had done");
  assertEquals(stored(store).length, ALL.length);
});

Deno.test("a day that is not over and of which nothing is there yet is left, one of the past without trades is filled", async () => {
  const early = await made([], [ALL[0]!], { today: true });
  assertEquals(await early.run(), { filled: 0, left: 2, trades: 0, candles: 0 });
  assertEquals(early.lines[0]!.endsWith("left (no trades of 2024-06-03 yet)"), true);
  const late = await made([], [ALL[0]!], { noCandles: true });
  assertEquals(await late.run(), { filled: 1, left: 1, trades: 0, candles: 0 });
});

Deno.test("without trades a gap gets candles of every interval of a minute or more that it touches, each of its minutes", async () => {
  const { lines, run, store } = await made([], [ALL[0]!], { plan: false });
  assertEquals(await run(), { filled: 2, left: 0, trades: 0, candles: 6 });
  assertEquals(lines[0], "A 2024-06-03T16:00:01.000Z to 2024-06-03T16:00:02.000Z: 3 candle(s) fetched");
  const fetched = [...store.fetched].filter(([name]) => name.startsWith("A "));
  assertEquals(fetched.map(([name, candles]) => [name, candles]), [
    ["A 1m", [{ start: T, open: 31, high: 33, low: 30.5, close: 32, volume: 1 }]],
    ["A 5m", [{ start: T, open: 31, high: 37, low: 30.5, close: 36, volume: 5 }]],
    ["A 1h", [{ start: T, open: 31, high: 92, low: 30.5, close: 91, volume: 60 }]],
  ]);
  const gap = store.told[0] as { filledFrom?: string };
  assertEquals(gap.filledFrom, "candle");
  assertEquals((await run()).filled, 0);

  const complete = async (interval: string) => {
    const table = candleTable({ interval, now: NOW });
    const rows = await Array.fromAsync(table.rows(store, "A", T, T + HOUR));
    return rows.map(({ close, complete, source, trades }) => [close, complete, source, trades]);
  };
  assertEquals(await complete("1m"), [[32, true, "rest", 0]]);
  const judge = completeness(store.told, NOW);
  assertEquals(judge(T, T + 5000), false, "candles of seconds cannot be fetched");
});

Deno.test("days are those of the exchange, over midnight and the change of its clock", async () => {
  const asked = async (from: string, to: string) => {
    const dates: string[] = [];
    const filler = new GapFiller({
      store: new MemoryBatchStore(),
      source: {
        candles: () => Promise.resolve([]),
        ticks: (_symbol, date) => (dates.push(date), Promise.resolve({ trades: [], next: undefined })),
      },
      calendars: CALENDARS,
      maxTrades: 1000,
      now: () => Date.parse("2025-01-01T00:00Z"),
      retry: (work) => work(),
      recompute: () => Promise.resolve(),
      notInPlan: () => false,
      whyLeft: () => undefined,
      print: () => {},
    });
    const gap = { symbol: "AAPL", from: Date.parse(from), to: Date.parse(to), why: "lost" };
    await filler.run([gap], new AbortController().signal);
    return dates;
  };
  assertEquals(await asked("2024-06-03T03:59Z", "2024-06-03T04:01Z"), ["2024-06-02", "2024-06-03"]);
  assertEquals(await asked("2024-06-03T04:00Z", "2024-06-04T04:00Z"), ["2024-06-03"]);
  assertEquals(await asked("2024-11-02T04:00Z", "2024-11-05T05:00Z"), [
    "2024-11-02",
    "2024-11-03",
    "2024-11-04",
  ]);
});
