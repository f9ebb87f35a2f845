import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Calendars, readCalendars } from "../../../../src/market/calendar/calendars.ts";
import type { MarketReader, SipCandle } from "../../../../src/market/reader.ts";
import { lengthOf } from "../../../../src/market/series.ts";
import type { Trade } from "../../../../src/market/trade.ts";
import { candlesOver } from "../../../../src/market/views/long_candles.ts";
import { baseOf, windowOf } from "../../../../src/market/views/windows.ts";
import { seededRandom } from "../../../../src/finnhub/random.ts";
import { expectedCandles } from "../../../expected.ts";

const calendars = new Calendars();
const shares = calendars.of("AAPL");
const at = (text: string) => Date.parse(text);
const minutes = (count: number) => count * 60_000;

/** Start and length in minutes of the window by session that holds a time of New York. */
function windowAt(interval: string, time: string): [string, number] {
  const { end, start } = windowOf(shares, interval, at(time), "session");
  return [new Date(start).toISOString(), (end - start) / minutes(1)];
}

Deno.test("windows by session begin with it: in winter and summer, cut at its end, and at that of a half day", () => {
  // New York's regular session: 14:30 to 21:00 UTC in winter, 13:30 to 20:00 in summer; to 18:00 on the day after Thanksgiving.
  assertEquals(windowAt("1h", "2024-03-08T14:30:00Z"), ["2024-03-08T14:30:00.000Z", 60]);
  assertEquals(windowAt("1h", "2024-03-08T15:29:59Z"), ["2024-03-08T14:30:00.000Z", 60]);
  assertEquals(windowAt("1h", "2024-03-08T20:45:00Z"), ["2024-03-08T20:30:00.000Z", 30]);
  assertEquals(windowAt("1h", "2024-03-11T13:30:00Z"), ["2024-03-11T13:30:00.000Z", 60]);
  assertEquals(windowAt("4h", "2024-03-11T19:00:00Z"), ["2024-03-11T17:30:00.000Z", 150]);
  assertEquals(windowAt("4h", "2024-11-29T17:59:00Z"), ["2024-11-29T14:30:00.000Z", 210]);
  assertEquals(windowAt("1h", "2024-11-29T17:59:00Z"), ["2024-11-29T17:30:00.000Z", 30]);
  // Before it, and on a Saturday, which begins at midnight of New York.
  assertEquals(windowAt("1h", "2024-03-08T14:29:00Z"), ["2024-03-08T14:00:00.000Z", 30]);
  assertEquals(windowAt("4h", "2024-03-09T06:00:00Z"), ["2024-03-09T05:00:00.000Z", 240]);
});

Deno.test("days and weeks are those of the exchange either way, and windows tile the time without a gap", () => {
  for (const interval of ["1d", "1w"]) {
    const time = at("2024-03-08T20:00:00Z");
    assertEquals(windowOf(shares, interval, time, "session").start, windowOf(shares, interval, time).start);
  }
  for (const symbol of ["AAPL", "OANDA:EUR_USD", "BINANCE:BTCUSDT"]) {
    const calendar = calendars.of(symbol);
    for (const interval of ["5m", "30m", "1h", "4h"]) {
      let time = at("2024-03-08T00:00:00Z");
      while (time < at("2024-03-13T00:00:00Z")) {
        const { end, start } = windowOf(calendar, interval, time, "session");
        assert(
          start <= time && end > time && end - start <= lengthOf(interval),
          `${symbol} ${interval} ${time}`,
        );
        assertEquals(windowOf(calendar, interval, end - 1, "session"), { start, end });
        time = end;
      }
    }
  }
});

Deno.test("where sessions begin at odd minutes, candles are made of those of a minute", () => {
  const odd = new Calendars(readCalendars(JSON.stringify({
    name: "odd",
    timeZone: "Europe/London",
    symbols: { named: ["ODD"] },
    weekdays: [1, 2, 3, 4, 5],
    sessions: [{ name: "regular", from: "08:01", to: "16:30" }],
  }))).of("ODD");
  assertEquals(["1m", "5m", "1h", "1d"].map((interval) => baseOf(odd, interval, "session")), [
    undefined,
    "1m",
    "1m",
    "1h",
  ]);
  assertEquals(["5m", "30m", "1h", "4h"].map((interval) => baseOf(shares, interval, "session")), [
    undefined,
    "5m",
    "5m",
    "5m",
  ]);
  assertEquals(["5m", "30m", "1h", "4h"].map((interval) => baseOf(shares, interval, "epoch")), [
    undefined,
    "5m",
    undefined,
    "1h",
  ]);
  assertEquals(windowOf(odd, "5m", at("2024-07-01T07:03:00Z"), "session").start, at("2024-07-01T07:01:00Z"));
});

/** Prints of New York's 8 to 12 March 2024, over the change of the clock on the 10th, at all hours. */
const trades: Trade[] = (() => {
  const random = seededRandom(5);
  const start = at("2024-03-08T00:00:00-05:00");
  return Array.from({ length: 5000 }, (_, i) => ({
    symbol: "AAPL",
    price: Math.round(1000 + 200 * random()) / 10,
    volume: 1 + Math.floor(9 * random()),
    time: start + i * 80_000 + Math.floor(random() * 50_000),
    conditions: [],
  }));
})();

const stored = expectedCandles(trades);
const candles: MarketReader["candles"] = (symbol, interval, from, to, limit) => {
  const found = [...stored].filter(([key]) => key.startsWith(`${symbol} ${interval} `)).map(
    ([key, window]) => {
      const { count, turnover, ...rest } = window;
      return { start: Number(key.split(" ")[2]), ...rest, vwap: turnover / rest.volume, trades: count };
    },
  );
  return Promise.resolve(found.filter(({ start }) => start >= from && start < to).slice(-limit));
};
const reader = { candles, sipCandles: candles as MarketReader["sipCandles"] };

/** Edges of the sessions of New York, by its clock, of the trades' days. */
const edges = ["08-05", "09-05", "10-05", "11-04", "12-04"].flatMap((day) => {
  const [date, zone] = day.split("-");
  const closed = ["09", "10"].includes(date!);
  const clocks = closed ? ["00:00"] : ["00:00", "04:00", "09:30", "16:00", "20:00"];
  return clocks.map((clock) => at(`2024-03-${date}T${clock}:00-${zone}:00`));
});

const SESSION_AT: Record<number, string> = { 1: "pre", 2: "regular", 3: "post" };

Deno.test("candles by session equal those of trades cut by hand at the sessions' edges", async () => {
  const [from, to] = [edges[0]!, at("2024-03-12T00:00:00-04:00")];
  for (const interval of ["5m", "30m", "1h", "4h"]) {
    const length = lengthOf(interval);
    const wanted = Map.groupBy(trades.filter(({ time }) => time < to), ({ time }) => {
      const edge = edges.findLast((edge) => edge <= time)!;
      return edge + Math.floor((time - edge) / length) * length;
    });
    const question = { symbol: "AAPL", interval, rule: "raw", session: "all", align: "session" } as const;
    const found = await candlesOver(reader, shares, { ...question, from, to, limit: 5000 });
    assertEquals(found.map(({ start }) => start), [...wanted.keys()], interval);
    for (const candle of found) {
      const own = wanted.get(candle.start)!;
      const prices = own.map(({ price }) => price);
      assertEquals(
        [candle.open, candle.high, candle.low, candle.close, candle.trades],
        [prices[0], Math.max(...prices), Math.min(...prices), prices.at(-1), own.length],
      );
      assertAlmostEquals(candle.volume, own.reduce((sum, { volume }) => sum + volume, 0));
    }
  }
});

Deno.test("candles of each session are keyed by start and session: an hour in which one begins has two", async () => {
  const [from, to] = [at("2024-03-08T04:00:00-05:00"), at("2024-03-08T20:00:00-05:00")];
  const question = { symbol: "AAPL", rule: "raw", session: "each", from, to, limit: 5000 } as const;
  const hours = await candlesOver(reader, shares, { ...question, interval: "1h" });
  const keys = hours.map(({ session, start }) => `${new Date(start).toISOString().slice(11, 16)} ${session}`);
  assertEquals(keys.filter((key) => key.startsWith("14:00")), ["14:00 pre", "14:00 regular"]);
  assertEquals(new Set(keys).size, keys.length);
  const own = trades.filter(({ time }) => time >= from && time < to);
  const bySession = Map.groupBy(own, ({ time }) => SESSION_AT[edges.findLastIndex((edge) => edge <= time)]!);
  for (const [session, list] of bySession) {
    const counted = hours.filter((candle) => candle.session === session).reduce(
      (sum, { trades }) => sum + trades,
      0,
    );
    assertEquals(counted, list.length, session);
  }
  // The newest come first into a bounded answer.
  const few = await candlesOver(reader, shares, { ...question, interval: "1h", limit: 3 });
  assertEquals(few, hours.slice(-3));
  const day = await candlesOver(reader, shares, { ...question, from: from - 1e8, interval: "1d" });
  const onDay = day.filter(({ start }: SipCandle) => start === at("2024-03-08T00:00:00-05:00"));
  assertEquals(onDay.map(({ session }) => session), ["pre", "regular", "post"]);
});
