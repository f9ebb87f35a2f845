import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { asWritten, csvFields, csvLine, harmless } from "../../../src/batch/files/csv.ts";
import type { Unit } from "../../../src/batch/examine.ts";
import { ImportPlaces, MAX_PLACES } from "../../../src/batch/import_places.ts";
import { Importer, type ImporterOptions } from "../../../src/batch/importer.ts";
import { type Line, linesOf } from "../../../src/batch/files/lines.ts";
import { csvParser, HeaderError, parseFrameLine } from "../../../src/batch/files/trade_lines.ts";
import { HOUR, MemoryBatchStore, START } from "./fakes.ts";

const FOREVER = new AbortController().signal;
const bytes = new TextEncoder();

async function* chunks(text: string | Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const all = typeof text === "string" ? bytes.encode(text) : text;
  for (let i = 0; i < all.length; i += size) yield all.subarray(i, i + size);
}

async function lines(text: string | Uint8Array, size: number, max = 20): Promise<Line[]> {
  const found: Line[] = [];
  for await (const line of linesOf(chunks(text, size), max)) found.push(line);
  return found;
}

Deno.test("linesOf() finds the same lines however the bytes are cut, and keeps nothing of too long ones", async () => {
  const text = `one\n\n${"é".repeat(10)}\n${"x".repeat(21)}\nlast`;
  for (let size = 1; size < 70; size++) {
    assertEquals(await lines(text, size), [
      { number: 1, text: "one" },
      { number: 2, text: "" },
      { number: 3, text: "é".repeat(10) },
      { number: 4, text: undefined, fault: "longer than 20 bytes; a line ends with LF" },
      { number: 5, text: "last" },
    ]);
  }
  assertEquals(await lines(new Uint8Array([0xff, 10, 65]), 2), [
    { number: 1, text: undefined, fault: "not UTF-8" },
    { number: 2, text: "A" },
  ]);
  assertEquals(await lines("", 1), []);
});

Deno.test("csvFields() reads what csvLine() writes, and refuses open quotes", () => {
  for (const fields of [["a", "b"], [""], ["", ""], ['say "x"', "a,b", ""], ["x", '"'], ["'", " "]]) {
    const line = csvLine(fields).slice(0, -1);
    assertEquals(csvFields(line), fields);
    assertEquals(csvFields(`${line}\r`), fields);
  }
  assertEquals(csvLine([1.5, undefined, "x"]), "1.5,,x\n");
  for (const open of ['"a', 'a,"b', '"a"b,c', 'a"b']) assertEquals(csvFields(open), undefined);
});

Deno.test("a CSV's header names its columns in any order; each bad line says what is wrong", () => {
  const parse = csvParser();
  assertEquals(parse("\ufeffPrice,volume,note,time,Symbol,conditions\r"), { trades: [] });
  const trade = { symbol: "A", price: 1.5, volume: 0, time: START, conditions: ["1", "12"] };
  assertEquals(parse(`1.5,0,,${START},A,1|12`), { trades: [trade] });
  assertEquals(parse(`15e-1,.0,,${new Date(START).toISOString()},A,`), {
    trades: [{ ...trade, conditions: [] }],
  });
  assertEquals(parse(""), { trades: [] });
  const bad: [string, string][] = [
    [`,0,,${START},A,`, "price is no number"],
    [`0x10,0,,${START},A,`, "price is no number"],
    [`1,Infinity,,${START},A,`, "volume is no number"],
    ["1,1,,2024-06-01,A,", "time is no time"],
    ["1,1,,99999999999999999,A,", "time is no time"],
    ["1", "time is no time"],
    ['"1', "a quote is not closed"],
  ];
  for (const [line, fault] of bad) assertEquals(parse(line), { trades: [], fault });
  assertThrows(() => csvParser()("symbol,time"), HeaderError, "price, volume");
  const header = "symbol,time,price,volume";
  assertThrows(() => csvParser()(`${header}\rA,1,1,1\r`), HeaderError, "tr '\\r' '\\n'");
  assertEquals(csvParser()(`${header}\r`), { trades: [] });
});

Deno.test("a frame's line gives its trades; pings are passed over, junk is a fault", () => {
  const frame = { data: [{ c: null, p: 1, s: "A", t: START, v: 2 }, { s: "A" }], type: "trade" };
  assertEquals(parseFrameLine(JSON.stringify(frame)), {
    trades: [{ symbol: "A", price: 1, volume: 2, time: START, conditions: [] }],
    fault: "1 malformed trade(s)",
  });
  assertEquals(parseFrameLine('{"type":"ping"}'), { trades: [] });
  assertEquals(parseFrameLine(" "), { trades: [] });
  assertEquals(parseFrameLine("[]").fault, "not an object");
});

Deno.test("ImportPlaces counts within a millisecond, remembers at least its capacity and at most twice it", () => {
  const places = new ImportPlaces(10);
  assertEquals([places.next("A", 1), places.next("A", 1), places.next("B", 1), places.next("A", 2)], [
    0,
    1,
    0,
    0,
  ]);
  for (let time = 3; time < 12; time++) places.next("A", time);
  assertEquals(places.next("A", 1), 2);
  for (let time = 100; time < 125; time++) places.next("A", time);
  assertEquals(places.next("A", 1), 0);
  for (let i = 1; i < MAX_PLACES; i++) places.next("C", 1);
  assertEquals([places.next("C", 1), places.next("C", 1)], [MAX_PLACES - 1, undefined]);
});

const csv = (rows: readonly [string, number, number][]): string =>
  "symbol,time,price,volume\n" + rows.map((row) => `${row.join(",")},1\n`).join("");

/** An importer of CSV that takes every trade, unless told otherwise. */
const importerOf = (store: MemoryBatchStore, options: Partial<ImporterOptions>) =>
  new Importer({
    store,
    parse: csvParser(),
    from: 0,
    to: Infinity,
    symbols: undefined,
    skip: 0,
    now: () => START + HOUR,
    retry: (work) => work(),
    onBadLine: () => {},
    onStored: () => Promise.resolve(),
    ...options,
  });

async function importText(store: MemoryBatchStore, text: string, options: Partial<ImporterOptions> = {}) {
  const units: Unit[] = [];
  const bad: string[] = [];
  const importer = importerOf(store, {
    onBadLine: (line, fault) => bad.push(`${line}: ${fault}`),
    ...options,
  });
  const recompute = (touched: Unit[]) => Promise.resolve(void units.push(...touched));
  await importer.run(linesOf(chunks(text, 7), 100), recompute, FOREVER);
  return { totals: importer.totals, units, bad };
}

Deno.test("equal trades of a file are kept apart, a file that comes again brings nothing new", async () => {
  const store = new MemoryBatchStore();
  const file = csv([["A", START, 1], ["A", START, 1], ["A", START, 2], ["B", START, 1], ["A", START + 1, 1]]);
  for (let i = 0; i < 2; i++) assertEquals((await importText(store, file)).totals.trades, 5);
  assertEquals(store.raw.size, 5);
  // One that goes on where the first ended, and one that begins later.
  await importText(store, file + csv([["A", START + 2, 3]]).split("\n")[1] + "\n");
  await importText(store, csv([["B", START, 1], ["A", START + 1, 1]]));
  assertEquals(store.raw.size, 6);
  const found = [];
  for await (const { price } of store.trades("A", START, START + 1)) found.push(price);
  assertEquals(found, [1, 1, 2]);
});

Deno.test("an import touches the hours whose windows hold its trades, and only wanted trades", async () => {
  const file = csv([["A", START - 1, 1], ["A", START + HOUR / 2, 1], ["B", START, 1], [
    "A",
    START - HOUR,
    1,
  ]]);
  const { totals, units } = await importText(new MemoryBatchStore(), file, {
    from: START - 10,
    to: START + HOUR / 2,
    symbols: new Set(["A"]),
  });
  assertEquals([totals.trades, totals.passedOver], [1, 3]);
  assertEquals(units, [{ symbol: "A", hour: START - HOUR }, { symbol: "A", hour: START }]);
});

Deno.test("bad lines are counted and told with their number, and stop nothing", async () => {
  const store = new MemoryBatchStore();
  const file =
    csv([["A", START, -1], ["", START, 1], ["A", 5, 1], ["A", START + 48 * HOUR, 1], ["A", START, 1]]) +
    `${"x".repeat(101)}\nA,${START},2,1\n`;
  const { bad, totals } = await importText(store, file);
  assertEquals([totals.lines, totals.badLines, totals.trades, store.raw.size], [8, 5, 2, 2]);
  assertEquals(bad, [
    "2: price not finite or not above 0",
    "3: empty symbol",
    "4: time before 2000-01-01",
    "5: time more than a day ahead",
    "7: longer than 100 bytes; a line ends with LF",
  ]);
});

Deno.test("an import that is resumed writes the rest and recomputes every window that the file touches", async () => {
  const file = csv([["A", START, 1], ["A", START, 2], ["A", START + HOUR, 3]]);
  const whole = new MemoryBatchStore();
  await importText(whole, file, { now: () => START + HOUR });
  const rest = new MemoryBatchStore();
  const { totals, units } = await importText(rest, file, { skip: 2 });
  assertEquals([totals.trades, rest.raw.size, units.length], [3, 2, 2]);
  assert([...rest.raw.keys()].every((key) => whole.raw.has(key)));

  const store = new MemoryBatchStore();
  let recomputed = 0;
  const importer = importerOf(store, {});
  const breaking = async function* () {
    yield* linesOf(chunks(file, 100), 100);
    throw new Error("cut off");
  };
  const recompute = (touched: Unit[]) => Promise.resolve(void (recomputed += touched.length));
  await assertRejects(() => importer.run(breaking(), recompute, FOREVER), Error, "cut off");
  assertEquals([store.raw.size, recomputed], [3, 2]);
});

Deno.test("what a spreadsheet would run is made harmless, and read back as it was", () => {
  for (const text of ["=HYPERLINK(1)", "+1", "-x", "@SUM", "\t=1", "\r", "'=1", "''@a"]) {
    assert(harmless(text).startsWith("'"), JSON.stringify(text));
    assertEquals(asWritten(harmless(text)), text);
  }
  for (const text of ["AAPL", "BINANCE:BTCUSDT", "'tis", "1|24", ""]) {
    assertEquals([harmless(text), asWritten(text)], [text, text]);
  }
});

Deno.test("a number or time of any length costs no more than its length, and no day is another", () => {
  const parse = csvParser();
  parse("symbol,time,price,volume");
  const start = performance.now();
  for (const price of ["0".repeat(80_000), `${"9".repeat(40_000)}.`, `1e${"0".repeat(40_000)}x`]) {
    assertEquals(parse(`A,1,${price},1`).fault, "price is no number");
  }
  const quoted = Array.from({ length: 40_000 }, () => '"a"').join(",");
  parse(quoted);
  assert(performance.now() - start < 1000);
  for (
    const time of [
      "2026-04-31T10:00:00Z",
      "2026-02-29T10:00:00Z",
      "2026-13-01T10:00:00Z",
      "2026-01-01T25:00:00Z",
    ]
  ) {
    assertEquals(parse(`A,${time},1,1`).fault, "time is no time", time);
  }
  assertEquals(parse("A,2024-02-29T10:00:00Z,1,1").trades.length, 1);
});
