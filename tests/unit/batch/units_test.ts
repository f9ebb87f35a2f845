import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { noTotals } from "../../../src/batch/backfill.ts";
import { BookmarkError, parseBookmark } from "../../../src/batch/files/bookmark.ts";
import { mapParallel } from "../../../src/batch/parallel.ts";
import { countUnits, spansOf, unitsOf } from "../../../src/batch/units.ts";
import { HOUR, madeTrades, MemoryBatchStore, START, streamed } from "./fakes.ts";

const FOREVER = new AbortController().signal;

Deno.test("unitsOf() yields the hours that touch the range and the span, and goes on after any of them", () => {
  const spans = new Map([
    ["B", { from: START, to: START + 3 * HOUR }],
    ["A", { from: START - 5 * HOUR, to: START + HOUR }],
    ["C", { from: START + 9 * HOUR, to: START + 10 * HOUR }],
  ]);
  const [from, to] = [START - HOUR - 1, START + HOUR + 1];
  const all = [...unitsOf(spans, from, to)];
  assertEquals(all.map(({ hour, symbol }) => `${symbol}${(hour - START) / HOUR}`), [
    "A-2",
    "A-1",
    "A0",
    "B0",
    "B1",
  ]);
  assertEquals(countUnits(spans, from, to), all.length);
  for (const [i, unit] of all.entries()) assertEquals([...unitsOf(spans, from, to, unit)], all.slice(i + 1));
});

Deno.test("parseBookmark() takes back what was kept, and nothing else", () => {
  const kept = { task: "t", unit: { symbol: "A", hour: START }, totals: noTotals() };
  assertEquals(parseBookmark(JSON.stringify(kept), "t"), kept);
  assertEquals(parseBookmark('{"task":"t","lines":5}', "t").lines, 5);
  const bad: [string, string][] = [
    ["", "holds no state"],
    ["[]", "holds no state"],
    ['{"task":"other"}', "other settings"],
    ['{"task":"t","lines":"5"}', "damaged"],
    ['{"task":"t","unit":{"symbol":"A","hour":1}}', "damaged"],
    [`{"task":"t","pad":"${"x".repeat(70_000)}"}`, "holds no state"],
  ];
  for (const [text, message] of bad) assertThrows(() => parseBookmark(text, "t"), BookmarkError, message);
});

Deno.test("mapParallel() keeps order and bound, and ends with the first failure", async () => {
  let running = 0;
  let most = 0;
  const work = async (i: number) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 5 - i % 5));
    running--;
    if (i === 13) throw new Error("thirteen");
    return i * 2;
  };
  const items = Array.from({ length: 12 }, (_, i) => i);
  assertEquals(await mapParallel(items, 3, FOREVER, work), items.map((i) => i * 2));
  assertEquals(most, 3);
  const started: number[] = [];
  await assertRejects(
    () => mapParallel([12, 13, 14, 15, 16, 17, 18, 19, 20], 2, FOREVER, (i) => (started.push(i), work(i))),
    Error,
    "thirteen",
  );
  assertEquals([running, started.length < 6], [0, true]);
});

Deno.test("spansOf() finds what is stored, and asks for nothing when a short range of named symbols is wanted", async () => {
  const store = new MemoryBatchStore();
  await store.writeTrades("A", 0, streamed(madeTrades(10, 1)));
  await store.writeTrades("B", 0, streamed(madeTrades(10, 2)));
  const all = await spansOf(store, undefined, 0, START + HOUR);
  assertEquals([...all.keys()], ["A", "B"]);
  assertEquals([...await spansOf(store, ["B", "C"], 0, START)], [["B", all.get("B")]]);
  store.spans = () => Promise.reject(new Error("asked"));
  const [from, to] = [START - HOUR, START];
  assertEquals([...await spansOf(store, ["C"], from, to)], [["C", { from, to }]]);
});
