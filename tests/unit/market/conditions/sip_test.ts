import { assert, assertEquals } from "@std/assert";
import { type Aggregate, emptyAggregate } from "../../../../src/market/aggregate.ts";
import { Calendars } from "../../../../src/market/calendar/calendars.ts";
import { saleEffect } from "../../../../src/market/conditions/sale_conditions.ts";
import { addToBar, SipSymbol } from "../../../../src/market/conditions/sip_symbol.ts";
import { candlesOf } from "../../../../src/market/series.ts";
import table from "../../../../schemas/conditions.json" with { type: "json" };
import { CODES, expectedSip } from "../../../sip_expected.ts";

const calendars = new Calendars();
const MINUTE = candlesOf("1m", "sip")!;
const HOUR = candlesOf("1h", "sip")!;
/** Clock times of a Tuesday in New York. */
const ny = (clock: string) => Date.parse(`2024-07-02T${clock}-04:00`);

type Print = [clock: string, price: number, volume: number, ...codes: string[]];

/** The candle of the window that holds the last trade, after all of them in this order. */
function candle(prints: readonly Print[], kind = MINUTE, symbol = "AAPL"): (number | null)[] {
  const sip = new SipSymbol(calendars.of(symbol));
  const bars = new Map<number, { aggregate: Aggregate; bars: "regular" | "extended" }>();
  let start = 0;
  for (const [clock, price, volume, ...codes] of prints) {
    const time = ny(clock);
    start = time - time % kind.lengthMs;
    let bar = bars.get(start);
    if (!bar) bars.set(start, bar = { aggregate: emptyAggregate(), bars: sip.barClass(kind, start) });
    const effect = sip.effectOf(codes);
    addToBar(bar, price, volume, time, sip.take(effect, time));
  }
  const { close, closeTime, high, low, open, volume } = bars.get(start)!.aggregate;
  const last = closeTime > -Infinity;
  const finite = (value: number) => Number.isFinite(value) ? value : null;
  return [last ? open : null, finite(high), finite(low), last ? close : null, volume];
}

/** A regular print before and after the one in question: [open, high, low, close, volume]. */
const around = (...codes: string[]): (number | null)[] =>
  candle([["10:00:01", 100, 10], ["10:00:02", 120, 5, ...codes], ["10:00:03", 90, 10, "12"]]);

const ALL = [100, 120, 100, 120, 25];
const NOT_LAST = [100, 120, 100, 100, 25];
const VOLUME = [100, 100, 100, 100, 25];
const WITHOUT_VOLUME = [100, 120, 100, 120, 20];
const NOTHING = [100, 100, 100, 100, 20];

/** What each code does to a candle of the regular session after a regular print, by the table of conditions. */
const REGULAR: Record<string, (number | null)[]> = {
  "1": ALL,
  "2": ALL,
  "3": VOLUME,
  "4": ALL,
  "5": VOLUME,
  "6": ALL,
  "7": ALL,
  "8": ALL,
  "9": NOT_LAST,
  "10": VOLUME,
  "12": VOLUME,
  "13": ALL,
  "14": ALL,
  "15": ALL,
  "16": NOTHING,
  "17": VOLUME,
  "18": ALL,
  "19": ALL,
  "20": NOTHING,
  "21": NOT_LAST,
  "22": VOLUME,
  "23": ALL,
  "24": VOLUME,
  "25": VOLUME,
  "26": VOLUME,
  "28": ALL,
  "29": ALL,
  "30": NOT_LAST,
  "31": ALL,
  "32": NOT_LAST,
  "33": ALL,
  "34": ALL,
  "35": ALL,
  "36": ALL,
  "37": VOLUME,
  "38": VOLUME,
  "39": WITHOUT_VOLUME,
  // Not in the specifications: as a regular sale.
  "11": ALL,
  "27": ALL,
  "40": ALL,
  "41": ALL,
};

for (const [code, wanted] of Object.entries(REGULAR)) {
  Deno.test(`condition ${code} in the regular session`, () => {
    assertEquals(around(code), wanted);
  });
}

Deno.test("the table has every code that has a case, and each row has its source", () => {
  assertEquals(new Set(table.conditions.map(({ code }) => code)), new Set(Object.keys(REGULAR)));
  for (const { code, source } of table.conditions) assert(source.length > 0, code);
  for (const code of CODES) assert(code in REGULAR);
});

Deno.test("of several codes any no wins: regular, sweep, Form T and odd lot sets nothing but volume", () => {
  assertEquals(around("1", "8", "24", "12"), VOLUME);
  assertEquals(around("39", "12"), [100, 100, 100, 100, 20]);
  assertEquals(around("9", "5"), VOLUME);
});

Deno.test("a print that may set the last price only as the first opens the day, and no more than that", () => {
  for (const code of ["9", "21", "30", "32"]) {
    assertEquals(candle([["09:30:01", 50, 1, code]]), [50, 50, 50, 50, 1], code);
    assertEquals(candle([["09:30:01", 50, 1, code], ["09:30:02", 60, 1, code]]), [50, 60, 50, 50, 2], code);
    // The first print of the minute, and not of the day.
    assertEquals(candle([["09:30:01", 50, 1], ["11:00:00", 60, 1, code]]), [null, 60, 60, null, 1], code);
    // One that may not set the last price is no first.
    assertEquals(candle([["09:30:01", 50, 1, "12"], ["11:00:00", 60, 1, code]]), [60, 60, 60, 60, 1], code);
  }
});

Deno.test("sold last sets the last price until ten seconds after the close, later only as the first", () => {
  assertEquals(candle([["16:00:00", 50, 1], ["16:00:09.999", 60, 1, "15"]]), [50, 60, 50, 60, 2]);
  assertEquals(candle([["16:00:00", 50, 1], ["16:00:10", 60, 1, "15"]]), [50, 60, 50, 50, 2]);
  assertEquals(candle([["16:00:10", 60, 1, "15"]]), [60, 60, 60, 60, 1]);
});

Deno.test("Form T sets all in candles of extended hours, and no price in those that touch the regular session", () => {
  const early: Print[] = [["09:00:01", 50, 1, "24"], ["09:00:02", 60, 1, "24", "12"]];
  assertEquals(candle(early), [50, 50, 50, 50, 2]);
  assertEquals(candle(early, HOUR), [null, null, null, null, 2]);
  assertEquals(candle([["08:00:01", 50, 1, "24"]], HOUR), [50, 50, 50, 50, 1]);
  assertEquals(candle([["16:30:00", 50, 1, "24"]]), [50, 50, 50, 50, 1]);
  assertEquals(candle([["15:59:59", 50, 1, "24"]]), [null, null, null, null, 1]);
  assertEquals(candle([["16:30:00", 50, 1, "25"], ["16:30:01", 60, 1, "25"]]), [50, 60, 50, 50, 2]);
  assertEquals(candle([["15:00:00", 40, 1], ["16:30:00", 50, 1, "25"]]), [null, 50, 50, null, 1]);
});

Deno.test("conditions are those of the US tapes: other markets' codes decide nothing", () => {
  assertEquals(candle([["10:00:00", 50, 1, "12"]], MINUTE, "BINANCE:BTCUSDT"), [50, 50, 50, 50, 1]);
});

Deno.test("codes that the table does not know, or knows in part, are counted", () => {
  const unknown = (...codes: string[]) => saleEffect(codes).unknown;
  assertEquals([unknown(), unknown("1"), unknown("11"), unknown("x", "1", "41"), unknown("17")], [
    0,
    0,
    1,
    2,
    1,
  ]);
});

Deno.test("the plain code of other tests says the same of prints drawn by chance", () => {
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const prints: Print[] = Array.from({ length: 300 }, (_, i) => [
    new Date(Date.parse("2024-07-02T09:25:00Z") + i * 2000).toISOString().slice(11, 19),
    100 + Math.floor(random() * 10),
    1 + Math.floor(random() * 5),
    ...(random() < 0.7 ? [CODES[Math.floor(random() * CODES.length)]!] : []),
  ]);
  const trades = prints.map(([clock, price, volume, ...conditions]) => ({
    symbol: "AAPL",
    price,
    volume,
    time: ny(clock),
    conditions,
  }));
  const wanted = expectedSip(trades, calendars);
  for (const kind of [MINUTE, HOUR]) {
    for (let count = 1; count <= prints.length; count++) {
      const time = ny(prints[count - 1]![0]);
      const next = prints[count];
      const start = time - time % kind.lengthMs;
      if (next && ny(next[0]) < start + kind.lengthMs) continue;
      const { close, high, low, open, volume } = wanted.get(`AAPL ${kind.name} ${start}`)!;
      assertEquals(candle(prints.slice(0, count), kind), [open, high, low, close, volume]);
    }
  }
});
