import { assert, assertEquals, assertThrows } from "@std/assert";
import { Calendar } from "../../../../src/market/calendar/calendar.ts";
import { CalendarError } from "../../../../src/market/calendar/calendar_file.ts";
import { Calendars, readCalendars } from "../../../../src/market/calendar/calendars.ts";

const calendars = new Calendars();
const us = calendars.of("AAPL");
const at = (text: string) => Date.parse(text);
const iso = (time: number) => new Date(time).toISOString().slice(0, 16) + "Z";

/**
 * Dates of the US exchanges: `closed`, or the regular session in UTC. Sources: NYSE, "Holidays and Trading Hours" of each year;
 * closings by no rule: NYSE, "Market closings" (11 September 2001, Reagan, Ford, hurricane Sandy, Bush, Carter).
 */
const DATES: [string, string][] = [
  ["2001-09-10", "13:30 20:00"],
  ["2001-09-11", "closed"],
  ["2001-09-14", "closed"],
  ["2001-09-17", "13:30 20:00"],
  ["2004-06-11", "closed"],
  ["2007-01-02", "closed"],
  ["2012-10-29", "closed"],
  ["2012-10-30", "closed"],
  ["2012-10-31", "13:30 20:00"],
  ["2013-07-03", "13:30 17:00"],
  ["2018-12-05", "closed"],
  ["2021-06-18", "13:30 20:00"],
  ["2021-11-26", "14:30 18:00"],
  ["2021-12-24", "closed"],
  ["2021-12-31", "14:30 21:00"],
  ["2022-01-17", "closed"],
  ["2022-04-15", "closed"],
  ["2022-06-20", "closed"],
  ["2022-07-01", "13:30 20:00"],
  ["2022-12-26", "closed"],
  ["2023-01-02", "closed"],
  ["2023-04-07", "closed"],
  ["2023-07-03", "13:30 17:00"],
  ["2024-01-01", "closed"],
  ["2024-01-15", "closed"],
  ["2024-02-19", "closed"],
  ["2024-03-08", "14:30 21:00"],
  ["2024-03-11", "13:30 20:00"],
  ["2024-03-29", "closed"],
  ["2024-05-27", "closed"],
  ["2024-06-19", "closed"],
  ["2024-07-03", "13:30 17:00"],
  ["2024-07-04", "closed"],
  ["2024-07-05", "13:30 20:00"],
  ["2024-09-02", "closed"],
  ["2024-11-01", "13:30 20:00"],
  ["2024-11-04", "14:30 21:00"],
  ["2024-11-28", "closed"],
  ["2024-11-29", "14:30 18:00"],
  ["2024-12-24", "14:30 18:00"],
  ["2024-12-25", "closed"],
  ["2024-12-28", "closed"],
  ["2025-01-09", "closed"],
  ["2025-04-18", "closed"],
  ["2025-07-03", "13:30 17:00"],
  ["2025-11-28", "14:30 18:00"],
  ["2025-12-24", "14:30 18:00"],
  ["2026-01-01", "closed"],
  ["2026-04-03", "closed"],
  ["2026-07-02", "13:30 20:00"],
  ["2026-07-03", "closed"],
  ["2026-11-26", "closed"],
  ["2026-11-27", "14:30 18:00"],
  ["2026-12-24", "14:30 18:00"],
  ["2027-06-18", "closed"],
  ["2027-07-05", "closed"],
  ["2027-12-24", "closed"],
  ["2027-12-31", "14:30 21:00"],
];

for (const [date, wanted] of DATES) {
  Deno.test(`US shares on ${date}: ${wanted}`, () => {
    const day = us.dayOf(at(`${date}T17:30:00Z`));
    assertEquals(day.date, date);
    const regular = day.sessions.find(({ name }) => name === "regular");
    const found = regular && `${iso(regular.start).slice(11, 16)} ${iso(regular.end).slice(11, 16)}`;
    assertEquals(found ?? "closed", wanted);
    assertEquals(day.kind, wanted === "closed" ? "closed" : / (17|18):00$/.test(wanted) ? "half" : "open");
  });
}

Deno.test("a session begins with its first millisecond and ends before its last", () => {
  const times: [string, string | undefined][] = [
    ["2024-07-02T07:59:59.999Z", undefined],
    ["2024-07-02T08:00:00Z", "pre"],
    ["2024-07-02T13:29:59.999Z", "pre"],
    ["2024-07-02T13:30:00Z", "regular"],
    ["2024-07-02T19:59:59.999Z", "regular"],
    ["2024-07-02T20:00:00Z", "post"],
    ["2024-07-03T00:00:00Z", undefined],
    ["2024-07-03T16:59:59.999Z", "regular"],
    ["2024-07-03T17:00:00Z", "post"],
    ["2024-07-03T21:00:00Z", undefined],
    ["2024-07-04T15:00:00Z", undefined],
  ];
  for (const [time, wanted] of times) assertEquals(us.sessionAt(at(time)), wanted, time);
});

Deno.test("days have 23 and 25 hours where the clock is changed, and follow one another without a gap", () => {
  const hours = (date: string) => {
    const { end, start } = us.dayOf(at(`${date}T17:00:00Z`));
    return (end - start) / 3_600_000;
  };
  assertEquals([hours("2024-03-09"), hours("2024-03-10"), hours("2024-03-11")], [24, 23, 24]);
  assertEquals([hours("2024-11-02"), hours("2024-11-03"), hours("2024-11-04")], [24, 25, 24]);
  for (const symbol of ["AAPL", "OANDA:EUR_USD", "BINANCE:BTCUSDT"]) {
    const calendar = calendars.of(symbol);
    let day = calendar.dayOf(at("2023-12-20T12:00:00Z"));
    for (let i = 0; i < 400; i++) {
      const next = calendar.dayBeside(day, 1);
      assertEquals(next.start, day.end, `${symbol} ${day.date}`);
      assertEquals(calendar.dayOf(next.start).date, next.date);
      assertEquals(calendar.dayOf(next.end - 1).date, next.date);
      day = next;
    }
  }
});

Deno.test("a week begins on Monday by the exchange's clock, over the turn of the year and changes of the clock", () => {
  const week = (symbol: string, time: string) => {
    const calendar = calendars.of(symbol);
    const { end, start } = calendar.weekOf(calendar.dayOf(at(time)));
    return [iso(start), iso(end)];
  };
  assertEquals(week("AAPL", "2025-01-01T12:00:00Z"), ["2024-12-30T05:00Z", "2025-01-06T05:00Z"]);
  assertEquals(week("AAPL", "2024-03-08T12:00:00Z"), ["2024-03-04T05:00Z", "2024-03-11T04:00Z"]);
  assertEquals(week("BINANCE:BTCUSDT", "2025-01-01T12:00:00Z"), ["2024-12-30T00:00Z", "2025-01-06T00:00Z"]);
  assertEquals(week("OANDA:EUR_USD", "2024-11-05T12:00:00Z"), ["2024-11-03T22:00Z", "2024-11-10T22:00Z"]);
  assertEquals(week("OANDA:EUR_USD", "2024-10-31T12:00:00Z"), ["2024-10-27T21:00Z", "2024-11-03T22:00Z"]);
});

Deno.test("the forex week runs from Sunday 17:00 to Friday 17:00 in New York", () => {
  const forex = calendars.of("IC MARKETS:1");
  assertEquals(forex.name, "forex");
  const open = (time: string) => forex.sessionAt(at(time)) === "regular";
  assert(!open("2024-07-05T21:00:00Z"), "Friday 17:00");
  assert(open("2024-07-05T20:59:59Z"));
  assert(!open("2024-07-07T20:59:59Z"));
  assert(open("2024-07-07T21:00:00Z"), "Sunday 17:00");
  assertEquals(forex.dayOf(at("2024-07-07T21:00:00Z")).date, "2024-07-08");
});

Deno.test("each symbol has its calendar: US shares, crypto, forex; what nobody knows never closes", () => {
  const wanted: Record<string, string> = {
    "AAPL": "us-equities",
    "BRK.B": "us-equities",
    "VOD.L": "crypto",
    "BINANCE:BTCUSDT": "crypto",
    "COINBASE:ETH-USD": "crypto",
    "OANDA:EUR_USD": "forex",
    "IC MARKETS:1": "forex",
    "ELSEWHERE:X": "crypto",
  };
  for (const [symbol, name] of Object.entries(wanted)) assertEquals(calendars.of(symbol).name, name, symbol);
});

Deno.test("touchesRegular() tells windows of extended hours from those that reach into the regular session", () => {
  const touches = (from: string, to: string) => us.touchesRegular(at(from), at(to));
  assert(!touches("2024-07-02T13:00:00Z", "2024-07-02T13:30:00Z"));
  assert(touches("2024-07-02T13:00:00Z", "2024-07-02T14:00:00Z"));
  assert(!touches("2024-07-02T20:00:00Z", "2024-07-02T21:00:00Z"));
  assert(touches("2024-07-06T00:00:00Z", "2024-07-09T00:00:00Z"), "over a weekend");
  assert(!touches("2024-07-06T00:00:00Z", "2024-07-08T00:00:00Z"));
  assert(calendars.of("BINANCE:X").touchesRegular(at("2024-07-06T00:00:00Z"), at("2024-07-06T00:00:05Z")));
});

Deno.test("a user's calendar comes before ours, with rules of its own", () => {
  const london = {
    name: "london",
    timeZone: "Europe/London",
    symbols: { named: ["VOD.L"], prefixes: ["LSE"] },
    weekdays: [1, 2, 3, 4, 5],
    sessions: [{ name: "regular", from: "08:00", to: "16:30" }],
    holidays: [{ name: "Early May", month: 5, weekday: 1, nth: 1 }, { name: "Easter Monday", easter: 1 }],
  };
  const own = new Calendars(readCalendars(JSON.stringify(london)));
  const calendar = own.of("VOD.L");
  assertEquals([calendar.name, own.of("LSE:X").name, own.of("AAPL").name], [
    "london",
    "london",
    "us-equities",
  ]);
  const regular = (date: string) => calendar.dayOf(at(`${date}T12:00:00Z`)).sessions[0];
  assertEquals(iso(regular("2024-07-02")!.start), "2024-07-02T07:00Z");
  assertEquals(regular("2024-05-06"), undefined);
  assertEquals(regular("2024-04-01"), undefined);
});

Deno.test("a calendar file that is none is refused, and the field is named", () => {
  const good = { name: "x", timeZone: "UTC", symbols: {}, weekdays: [1], sessions: [] };
  assertEquals(readCalendars(JSON.stringify(good)), [good]);
  const bad: [unknown, string][] = [
    ["x", "a calendar is an object"],
    [{ ...good, timeZone: "Mars/Olympus" }, "timeZone"],
    [{ ...good, weekdays: [8] }, "weekdays"],
    [{ ...good, sessions: [{ name: "night", from: "00:00", to: "01:00" }] }, "sessions"],
    [{ ...good, sessions: [{ name: "pre", from: "25:00", to: "01:00" }] }, "sessions"],
    [{ ...good, holidays: [{ name: "x", moth: 1 }] }, "holidays"],
    [{ ...good, closed: ["yesterday"] }, "closed"],
    [{ ...good, colour: "red" }, "no field colour"],
    [{ name: "x" }, "needs timeZone"],
  ];
  for (const [file, words] of bad) {
    assertThrows(() => readCalendars(JSON.stringify(file)), CalendarError, words);
  }
  assertThrows(() => readCalendars("{"), CalendarError, "no JSON");
});

Deno.test("a calendar bears dates that no rule finds", () => {
  const calendar = new Calendar({
    name: "x",
    timeZone: "UTC",
    symbols: {},
    weekdays: [1, 2, 3, 4, 5, 6, 7],
    sessions: [{ name: "regular", from: "00:00", to: "24:00" }],
    holidays: [{ name: "leap day", month: 2, day: 29 }, {
      name: "fifth Monday",
      month: 2,
      weekday: 1,
      nth: 5,
    }],
  });
  assertEquals(calendar.dayOf(at("2024-02-29T12:00:00Z")).kind, "closed");
  assertEquals(calendar.dayOf(at("2023-03-01T12:00:00Z")).kind, "open");
});
