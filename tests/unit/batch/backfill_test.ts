import { assert, assertEquals, assertRejects } from "@std/assert";
import { Backfill, type BackfillOptions, unmended } from "../../../src/batch/backfill.ts";
import { differenceLine } from "../../../src/batch/difference.ts";
import type { Unit } from "../../../src/batch/examine.ts";
import { epochOf, positionOf } from "../../../src/market/position.ts";
import { importedTradeId } from "../../../src/market/trade_id.ts";
import { expectedAverages, expectedCandles } from "../../expected.ts";
import { silent } from "../processing/fakes.ts";
import { HOUR, madeTrades, MemoryBatchStore, START, streamed, writtenAt } from "./fakes.ts";

const UNITS: Unit[] = [-2, -1, 0].map((i) => ({ symbol: "A", hour: START + i * HOUR }));
const FOREVER = new AbortController().signal;
const NOW = START + 24 * HOUR;

async function run(store: MemoryBatchStore, options: Partial<BackfillOptions> = {}, units = UNITS) {
  const lines: string[] = [];
  const backfill = new Backfill({
    store,
    repair: false,
    shrink: false,
    settle: 1,
    parallel: 2,
    maxTrades: 1e6,
    tradesFrom: 0,
    windowsFrom: 0,
    now: () => NOW,
    retry: (work) => work(),
    onDifference: (difference, outcome) => lines.push(`${differenceLine(difference)} (${outcome})`),
    log: silent,
    ...options,
  });
  await backfill.run(units, () => Promise.resolve(), FOREVER);
  return { totals: backfill.totals, lines };
}

/** A store whose windows are what its trades make, as the stream leaves it at offset 99. */
async function settled(): Promise<MemoryBatchStore> {
  const store = new MemoryBatchStore();
  await store.writeTrades("A", 0, streamed(madeTrades(200, 1)));
  await run(store, { repair: true, settle: 0 });
  for (const [name, row] of store.rows) {
    store.rows.set(name, { ...row, partition: 3, complete: positionOf(1, 99), written: writtenAt(99) });
  }
  return store;
}

Deno.test("all windows can be made from nothing, and are then found right", async () => {
  const store = new MemoryBatchStore();
  const trades = madeTrades(200, 1);
  await store.writeTrades("A", 0, streamed(trades));
  // While a stream may be at work nothing is claimed that no row of its own has.
  const beside = await run(store, { repair: true });
  assertEquals([beside.totals.repaired, store.rows.size], [0, 0]);
  assertEquals(beside.totals.streaming, unmended(beside.totals));
  const { totals } = await run(store, { repair: true, settle: 0 });
  const wanted = expectedCandles(trades).size + expectedAverages(trades).size;
  assertEquals([totals.differences, totals.repaired, totals.windows], [{ missing: wanted }, wanted, wanted]);
  const again = await run(store);
  assertEquals([again.totals.windows, again.totals.trades, unmended(again.totals)], [wanted, 200, 0]);
});

Deno.test("each kind of difference is told, and mended by a write between two of the stream's", async () => {
  const store = await settled();
  const before = new Map(store.rows);
  const names = [...store.rows.keys()].filter((name) => name.includes(" 1m "));
  const [high, gone, fewer, more] = names as [string, string, string, string];
  store.damage(high, { value: [5, 1e9] });
  store.rows.delete(gone);
  store.damage(fewer, { value: [0, 0] });
  store.damage(more, { value: [0, 1e6] });
  store.rows.set(`A 5m ${START + HOUR / 2}`, { ...store.rows.get(high)!, key: START + HOUR / 2 });
  const { lines, totals } = await run(store);
  assertEquals(totals.differences, { values: 1, missing: 1, fewer: 1, more: 1, unfounded: 1 });
  assert(lines.some((line) => /A 1m \S+ values: high 1000000000, not [\d.]+ \(found\)/.test(line)), lines[0]);

  const careful = await run(store, { repair: true });
  assertEquals([careful.totals.repaired, careful.totals.left, unmended(careful.totals)], [3, 2, 2]);
  const bold = await run(store, { repair: true, shrink: true });
  assertEquals([bold.totals.repaired, unmended(bold.totals)], [2, 0]);
  assertEquals(store.rows.size, before.size);
  for (const [name, { complete, values }] of before) {
    const row = store.rows.get(name)!;
    assertEquals([row.values, row.complete], [values, complete], name);
    assert(row.written >= writtenAt(99) && row.written < writtenAt(100));
  }
});

Deno.test("a missing row claims what the hour's candle proves, and no more", async () => {
  const store = await settled();
  const gone = [...store.rows.keys()].find((name) => name.includes(" 5s "))!;
  store.rows.delete(gone);
  await run(store, { repair: true });
  assertEquals(store.rows.get(gone)!.complete, positionOf(1, 99));

  // With the hour's candle wrong too, it is the last trade of its own.
  const key = store.rows.get(gone)!.key;
  store.rows.delete(gone);
  store.damage(`A 1h ${Math.floor(key / HOUR) * HOUR}`, { value: [5, 1e9] });
  await run(store, { repair: true });
  assert(store.rows.get(gone)!.complete < positionOf(1, 99));
});

Deno.test("a row that the stream is about to write is no difference; one that it has let lie is", async () => {
  const store = await settled();
  const late = madeTrades(1, 9);
  await store.writeTrades("A", 0, streamed(late, 1, 100));
  const lying = await run(store);
  assertEquals(Object.keys(lying.totals.differences).filter((kind) => kind !== "missing"), ["behind"]);

  let reads = 0;
  const fresh = new Map(store.rows);
  assertEquals((await run(store, { repair: true })).totals.repaired, 0);
  await run(store, { repair: true, settle: 0 });
  const written = new Map(store.rows);
  for (const [name, row] of fresh) store.rows.set(name, row);
  store.beforeRead = () => {
    // The stream writes after everything was read once.
    if (++reads === UNITS.length * 6 + 1) { for (const [name, row] of written) store.rows.set(name, row); }
  };
  const { totals } = await run(store);
  assert(reads > UNITS.length * 6);
  assertEquals(totals.differences, {});
});

Deno.test("a row that is written all the time is only said to be changing while it lags, but wrong when it is wrong", async () => {
  const store = await settled();
  await store.writeTrades("A", 0, streamed(madeTrades(1, 9).map((t) => ({ ...t, time: START - 1 })), 1, 100));
  const name = `A 1h ${START - HOUR}`;
  const others = [...store.rows.keys()].filter((key) => key !== name);
  let n = 0n;
  store.beforeRead = () => store.damage(name, { written: writtenAt(99) + ++n % 1000n });
  const { totals } = await run(store, {}, [UNITS[1]!]);
  assertEquals(totals.changing, 1);
  assert(others.length > 0);
  store.damage(name, { value: [5, 1e9] });
  const wrong = await run(store, {}, [UNITS[1]!]);
  assertEquals([wrong.totals.changing, wrong.totals.differences.values], [0, 1]);
});

Deno.test("a row keeps what it claims when it is repaired while newer trades wait for the stream", async () => {
  const store = await settled();
  const name = `A 1h ${START - HOUR}`;
  await store.writeTrades(
    "A",
    0,
    streamed(madeTrades(2, 9).map((t) => ({ ...t, time: START - HOUR / 4 })), 1, 150),
  );
  const before = store.rows.get(name)!;
  store.damage(name, { value: [5, 1e9] });
  await run(store, { repair: true }, [UNITS[1]!]);
  assertEquals(store.rows.get(name)!.values, before.values);
  assertEquals(store.rows.get(name)!.complete, positionOf(1, 99));
});

Deno.test("where raw trades may have expired, rows that hold more are right; so are absent rows that may have", async () => {
  const store = await settled();
  const all = store.rows.size;
  store.raw.clear();
  const trades = await run(store, { tradesFrom: START + HOUR, repair: true, shrink: true });
  assertEquals([trades.totals.expired, trades.totals.differences, store.rows.size], [all, {}, all]);
  const windows = new MemoryBatchStore();
  await windows.writeTrades("A", 0, streamed(madeTrades(20, 1)));
  const { totals } = await run(windows, { windowsFrom: START + HOUR });
  assertEquals([unmended(totals), totals.expired > 0], [0, true]);
});

Deno.test("windows of imported trades alone are rewritten again and again, each write after the one before", async () => {
  const store = new MemoryBatchStore();
  let written = 0n;
  for (let i = 0; i < 3; i++) {
    const [trade] = madeTrades(1, i);
    const row = { ...trade!, time: START - 1 };
    await store.writeTrades("A", 0, [{ ...row, id: importedTradeId(row, 0), ingested: 0 }]);
    await run(store, { repair: true });
    const { complete, partition, values, written: now } = store.rows.get(`A 1h ${START - HOUR}`)!;
    assertEquals([values[0], partition, epochOf(complete)], [i + 1, -1, 0]);
    assert(now > written && now < writtenAt(0));
    written = now;
  }
});

Deno.test("a repair that something later hides is told", async () => {
  const store = await settled();
  const name = [...store.rows.keys()][0]!;
  store.rows.delete(name);
  // A deletion with a later write timestamp than the repair's.
  store.writeRepairs = () => Promise.resolve();
  const { lines, totals } = await run(store, { repair: true });
  assertEquals([totals.notTaken, unmended(totals)], [1, 1]);
  assert(lines[0]!.endsWith("(not taken)"));
});

Deno.test("an hour that is too large is passed over and counted, the others are not", async () => {
  const store = await settled();
  const { totals } = await run(store, { maxTrades: 99 }, [UNITS[0]!, UNITS[1]!]);
  assertEquals([totals.tooLarge, unmended(totals)], [1, 1]);
});

Deno.test("units are done in order, and an abort ends between two", async () => {
  const store = await settled();
  const units = Array.from({ length: 100 }, (_, i) => ({ symbol: "A", hour: START + i * HOUR }));
  const done: Unit[] = [];
  const stop = new AbortController();
  const backfill = new Backfill({
    store,
    repair: false,
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
  });
  const running = backfill.run(units, (unit) => {
    done.push(unit);
    if (done.length === 2) stop.abort();
    return Promise.resolve();
  }, stop.signal);
  await assertRejects(() => running);
  assertEquals(done, [units[15]!, units[31]!]);
});
