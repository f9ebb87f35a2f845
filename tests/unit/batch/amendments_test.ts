import { assertEquals } from "@std/assert";
import { Backfill, noTotals, unmended } from "../../../src/batch/backfill.ts";
import type { Unit } from "../../../src/batch/examine.ts";
import { csv, ndjson } from "../../../src/batch/files/export_format.ts";
import { TRADES } from "../../../src/batch/files/export_rows.ts";
import { csvParser } from "../../../src/batch/files/trade_lines.ts";
import { Importer } from "../../../src/batch/importer.ts";
import { barsOf } from "../../../src/market/bars.ts";
import type { Trade } from "../../../src/market/trade.ts";
import { expectedBars } from "../../bar_expected.ts";
import { expectedAverages, expectedCandles, type ExpectedWindow } from "../../expected.ts";
import { silent } from "../processing/fakes.ts";
import { HOUR, madeTrades, MemoryBatchStore, START, streamed } from "./fakes.ts";

const NOW = START + 24 * HOUR;
const FOREVER = new AbortController().signal;
const BARS = [barsOf("tick", 5)];

/** Imports lines of CSV, and recomputes what they touch; bad lines are returned, and what was counted. */
async function importing(store: MemoryBatchStore, lines: readonly string[], skip = 0) {
  const bad: string[] = [];
  const importer = new Importer({
    store,
    parse: csvParser(),
    from: 0,
    to: Infinity,
    symbols: undefined,
    skip,
    now: () => NOW,
    retry: (work) => work(),
    onBadLine: (line, fault) => bad.push(`${line}: ${fault}`),
    onStored: () => Promise.resolve(),
  });
  const units: Unit[] = [];
  const numbered = async function* () {
    for (const [i, text] of lines.entries()) yield { number: i + 1, text };
  };
  await importer.run(numbered(), async (found) => {
    units.push(...found);
    assertEquals(unmended(await recompute(store, found)), 0);
  }, FOREVER);
  return { bad, totals: importer.totals, units };
}

async function recompute(store: MemoryBatchStore, units: readonly Unit[], repair = true) {
  const totals = noTotals();
  const backfill = new Backfill({
    store,
    bars: BARS,
    repair,
    shrink: false,
    settle: 0,
    parallel: 2,
    maxTrades: 1e6,
    tradesFrom: 0,
    windowsFrom: 0,
    now: () => NOW,
    retry: (work) => work(),
    onDifference: () => {},
    log: silent,
  }, totals);
  await backfill.run(units, () => Promise.resolve(), FOREVER);
  return totals;
}

const UNITS = [-2, -1, 0].map((i) => ({ symbol: "A", hour: START + i * HOUR }));
const trades = madeTrades(120, 3);

async function stored(): Promise<MemoryBatchStore> {
  const store = new MemoryBatchStore();
  await store.writeTrades("A", 0, streamed(trades));
  await recompute(store, UNITS);
  return store;
}

function assertWindows(store: MemoryBatchStore, right: readonly Trade[]): void {
  const wanted = new Map([
    ...expectedCandles(right),
    ...expectedAverages(right),
    ...expectedBars(right, BARS),
  ]);
  const counts = (rows: Iterable<[string, number | undefined, number | undefined]>) => [...rows].sort();
  assertEquals(
    counts([...store.rows].map(([name, { values }]) => [name, values[0], values[1]])),
    counts([...wanted].map(([name, { count, volume }]: [string, ExpectedWindow]) => [name, count, volume])),
  );
}

const HEADER = "symbol,time,price,volume,cancel,correction_price,correction_volume,id";
const line = ({ price, symbol, time, volume }: Trade, rest: string) =>
  `${symbol},${time},${price},${volume},${rest}`;

Deno.test("a trade that is cancelled leaves its windows and bars, and its row stays, marked", async () => {
  const store = await stored();
  const gone = [trades[10]!, trades[11]!, trades[119]!];
  const { bad, totals } = await importing(store, [HEADER, ...gone.map((trade) => line(trade, "true,,,"))]);
  assertEquals([bad, totals.amended, totals.trades], [[], 3, 0]);
  assertEquals(store.raw.size, trades.length);
  assertEquals([...store.raw.values()].filter(({ cancelled }) => cancelled === "cancel").length, 3);
  assertWindows(store, trades.filter((trade) => !gone.includes(trade)));
  // Whoever writes the trade again, as the stream does after a restart, brings it not back.
  await store.writeTrades("A", 0, streamed(trades));
  assertEquals(unmended(await recompute(store, UNITS, false)), 0);
});

Deno.test("the last trade of a window takes the window with it", async () => {
  const store = new MemoryBatchStore();
  const only = { symbol: "A", price: 5, volume: 2, time: START + 7, conditions: [] };
  await store.writeTrades("A", 0, streamed([only]));
  await recompute(store, UNITS);
  await importing(store, [HEADER, line(only, "1,,,")]);
  assertEquals(store.rows.size, 0);
});

Deno.test("a corrected trade counts with its new price and volume, and importing the file again changes nothing", async () => {
  const store = await stored();
  const [one, other] = [trades[20]!, trades[60]!];
  const lines = [HEADER, line(one, ",99.5,,"), line(other, "false,,7.25,")];
  for (const rows of [2, 2]) {
    const { bad, totals } = await importing(store, lines);
    assertEquals([bad, totals.amended], [[], 2]);
    assertEquals(store.raw.size, trades.length + rows);
  }
  // As an imported trade it stands before those of the stream.
  const right = [
    { ...one, price: 99.5 },
    { ...other, volume: 7.25 },
    ...trades.filter((trade) => trade !== one && trade !== other),
  ];
  const { count, volume } = [...expectedCandles(right).values()].at(-1)!;
  assertEquals(unmended(await recompute(store, UNITS, false)), 0);
  assertEquals([...store.raw.values()].filter(({ cancelled }) => cancelled === "correction").length, 2);
  const hours = [...expectedCandles(right)].filter(([name]) => name.includes(" 1h "));
  for (const [name, want] of hours) {
    const { values } = store.rows.get(name)!;
    assertEquals([values[0], values[5], values[6]], [want.count, want.high, want.low], name);
  }
  assertEquals(count > 0 && volume >= 0, true);
});

Deno.test("of trades that are alike the first line means the first and the second the next, and an id means its own", async () => {
  const alike = { symbol: "A", price: 5, volume: 2, time: START + 7, conditions: [] };
  const store = new MemoryBatchStore();
  await store.writeTrades("A", 0, streamed([alike, alike, alike]));
  await recompute(store, UNITS);
  const marked = () => [...store.raw.values()].map(({ cancelled }) => cancelled ?? "");
  await importing(store, [HEADER, line(alike, "true,,,")]);
  await importing(store, [HEADER, line(alike, "true,,,")]);
  assertEquals(marked(), ["cancel", "", ""]);
  const rows = await Array.fromAsync(TRADES.rows(store, "A", START, START + HOUR));
  await importing(store, [HEADER, line(alike, `true,,,${rows[2]!.id}`)]);
  assertEquals(marked(), ["cancel", "", "cancel"]);
  const { bad } = await importing(store, [
    HEADER,
    ...Array.from({ length: 4 }, () => line(alike, "true,,,")),
  ]);
  assertEquals([marked(), bad], [["cancel", "cancel", "cancel"], ["5: no stored trade is like this"]]);
});

Deno.test("a file may amend what it brings itself; a line that amends nothing, or says two things, is bad", async () => {
  const store = new MemoryBatchStore();
  const trade = { symbol: "A", price: 5, volume: 2, time: START + 7, conditions: [] };
  const { bad, totals } = await importing(store, [
    HEADER,
    line(trade, ",,,"),
    line(trade, "true,,,"),
    line({ ...trade, price: 6 }, "true,,,"),
    line(trade, "true,6,,"),
    line(trade, "perhaps,,,"),
    line(trade, ",abc,,"),
    line(trade, ",-1,,"),
    line(trade, "true,,,77"),
  ]);
  assertEquals([totals.trades, totals.amended, store.rows.size], [1, 1, 0]);
  assertEquals(bad.sort(), [
    "4: no stored trade is like this",
    "5: a trade is cancelled or corrected, not both",
    "6: cancel is neither true nor false",
    "7: correction_price is no number",
    "8: price not finite or not above 0",
    "9: id is no uuid",
  ]);
});

Deno.test("an export shows what is cancelled; frames, which are read again as good trades, leave it out", async () => {
  const store = await stored();
  await importing(store, [HEADER, line(trades[10]!, "true,,,")]);
  const text = async (format: typeof csv) => {
    const parts = await Array.fromAsync(format(TRADES, TRADES.rows(store, "A", START - HOUR, START + HOUR)));
    return parts.map((part) => new TextDecoder().decode(part)).join("").trimEnd().split("\n");
  };
  const rows = await text(csv);
  assertEquals(rows[0], "symbol,time,price,volume,conditions,cancel,id");
  assertEquals(rows.filter((row) => row.includes(",true,")).length, 1);
  assertEquals(rows.length - 1, trades.length);
  assertEquals((await text(ndjson)).length, trades.length - 1);
  // What a table of these columns cancels is not stored as a good trade elsewhere.
  const copy = new MemoryBatchStore();
  const { bad, totals } = await importing(copy, rows);
  assertEquals([bad.length, totals.trades], [1, trades.length - 1]);
});
