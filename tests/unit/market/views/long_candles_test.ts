import { assertAlmostEquals, assertEquals } from "@std/assert";
import { Calendars } from "../../../../src/market/calendar/calendars.ts";
import type { Candle, MarketReader, SipCandle } from "../../../../src/market/reader.ts";
import { lengthOf } from "../../../../src/market/series.ts";
import { type CandleQuestion, candlesOver } from "../../../../src/market/views/long_candles.ts";
import type { Trade } from "../../../../src/market/trade.ts";
import { seededRandom } from "../../../../src/finnhub/random.ts";
import { expectedCandles } from "../../../expected.ts";
import { expectedSip } from "../../../sip_expected.ts";

const calendars = new Calendars();
const at = (text: string) => Date.parse(text);

type Expected = Omit<SipCandle, "start" | "trades"> & { count: number; turnover: number };

/** Answers from what plain code makes of the trades. */
function readerOf(trades: readonly Trade[]): MarketReader {
  const answer = (windows: Map<string, Expected>, suffix: string): MarketReader["sipCandles"] => {
    const byInterval = Map.groupBy(windows, ([key]) => key.slice(0, key.lastIndexOf(" ")));
    return (symbol, interval, from, to, limit) => {
      const found = (byInterval.get(`${symbol} ${interval}${suffix}`) ?? []).flatMap(([key, window]) => {
        const start = Number(key.slice(key.lastIndexOf(" ")));
        if (start < from || start >= to) return [];
        const { count: trades, turnover, ...rest } = window;
        return [{ start, ...rest, ...(rest.volume > 0 && { vwap: turnover / rest.volume }), trades }];
      });
      return Promise.resolve(found.sort((a, b) => a.start - b.start).slice(-limit));
    };
  };
  return {
    symbols: () => Promise.resolve([]),
    candles: answer(expectedCandles(trades), "") as MarketReader["candles"],
    sipCandles: answer(expectedSip(trades, calendars), "-sip"),
    bars: () => Promise.resolve([]),
    averages: () => Promise.resolve([]),
    trades: () => Promise.resolve([]),
    feedSpans: () => Promise.resolve([]),
    fetchedCandles: () => Promise.resolve([]),
  };
}

/** Prints of some days around the change of the clock on 10 March 2024, at all hours. */
function days(symbol: string): Trade[] {
  const random = seededRandom(4);
  const start = at("2024-03-07T00:00:00Z");
  return Array.from({ length: 6000 }, (_, i) => ({
    symbol,
    price: Math.round(1000 + 200 * random()) / 10,
    volume: 1 + Math.floor(9 * random()),
    time: start + i * 100_000 + Math.floor(random() * 50_000),
    conditions: random() < 0.3 ? [random() < 0.5 ? "12" : "24"] : [],
  }));
}

const question = (symbol: string, interval: string, more: Partial<CandleQuestion> = {}): CandleQuestion => ({
  symbol,
  interval,
  rule: "raw",
  session: "all",
  from: 0,
  to: at("2024-04-01T00:00:00Z"),
  limit: 1000,
  ...more,
});

/** The candle of some trades, by the plainest code. */
function plain(trades: readonly Trade[], start: number): Candle {
  const sorted = trades.toSorted((a, b) => a.time - b.time);
  const volume = trades.reduce((sum, { volume }) => sum + volume, 0);
  return {
    start,
    open: sorted[0]!.price,
    high: Math.max(...trades.map(({ price }) => price)),
    low: Math.min(...trades.map(({ price }) => price)),
    close: sorted.at(-1)!.price,
    volume,
    vwap: trades.reduce((sum, { price, volume }) => sum + price * volume, 0) / volume,
    trades: trades.length,
  };
}

function assertLike(found: readonly SipCandle[], wanted: readonly Candle[]): void {
  assertEquals(found.map(({ vwap: _, ...rest }) => rest), wanted.map(({ vwap: _, ...rest }) => rest));
  for (const [i, { vwap }] of found.entries()) assertAlmostEquals(vwap!, wanted[i]!.vwap!, 1e-9);
}

/** Groups trades by the starts of their windows, earliest first. */
const grouped = (trades: readonly Trade[], startOf: (time: number) => number | undefined): Candle[] =>
  [...Map.groupBy(trades, ({ time }) => startOf(time))].flatMap(([start, own]) =>
    start === undefined ? [] : [plain(own, start)]
  ).sort((a, b) => a.start - b.start);

for (const symbol of ["AAPL", "BINANCE:BTCUSDT", "OANDA:EUR_USD"]) {
  const trades = days(symbol);
  const reader = readerOf(trades);
  const calendar = calendars.of(symbol);
  Deno.test(`half hours and four hours of ${symbol} are those of its trades`, async () => {
    for (const interval of ["30m", "4h"]) {
      const length = lengthOf(interval);
      const wanted = grouped(trades, (time) => time - time % length);
      assertLike(await candlesOver(reader, calendar, question(symbol, interval)), wanted);
      const [from, to] = [at("2024-03-08T06:00:00Z"), at("2024-03-10T18:00:00Z")];
      const part = await candlesOver(reader, calendar, question(symbol, interval, { from, to, limit: 5 }));
      assertLike(part, wanted.filter(({ start }) => start >= from && start < to).slice(-5));
    }
  });
  Deno.test(`days and weeks of ${symbol} are those of its exchange, over a change of the clock`, async () => {
    const day = grouped(trades, (time) => calendar.dayOf(time).start);
    assertLike(await candlesOver(reader, calendar, question(symbol, "1d")), day);
    const week = grouped(trades, (time) => calendar.weekOf(calendar.dayOf(time)).start);
    assertLike(await candlesOver(reader, calendar, question(symbol, "1w")), week);
    assertLike(await candlesOver(reader, calendar, question(symbol, "1d", { limit: 2 })), day.slice(-2));
  });
}

Deno.test("candles of a session hold its trades alone, cut where it begins and ends", async () => {
  const trades = days("AAPL");
  const reader = readerOf(trades);
  const calendar = calendars.of("AAPL");
  for (const session of ["pre", "regular", "post"] as const) {
    const own = trades.filter(({ time }) => calendar.sessionAt(time) === session);
    for (const interval of ["1m", "5m", "30m", "1h", "4h"]) {
      const length = lengthOf(interval);
      const wanted = grouped(own, (time) => time - time % length);
      assertLike(
        await candlesOver(reader, calendar, question("AAPL", interval, { session, limit: 5000 })),
        wanted,
      );
    }
    const wanted = grouped(own, (time) => calendar.dayOf(time).start);
    assertLike(await candlesOver(reader, calendar, question("AAPL", "1d", { session })), wanted);
  }
});

Deno.test("a day by sale conditions has the prices of the regular session, and the volume of all", async () => {
  const print = (clock: string, price: number, volume: number, ...conditions: string[]): Trade => ({
    symbol: "AAPL",
    price,
    volume,
    time: at(`2024-07-02T${clock}-04:00`),
    conditions,
  });
  const trades = [
    print("08:10:00", 90, 10, "24"),
    print("09:45:00", 100, 10),
    print("09:46:00", 500, 1, "12"),
    print("15:59:00", 110, 10),
    print("16:30:00", 200, 10, "24"),
  ];
  const ask = (interval: string, more: Partial<CandleQuestion> = {}) =>
    candlesOver(
      readerOf(trades),
      calendars.of("AAPL"),
      question("AAPL", interval, {
        rule: "sip",
        to: at("2024-07-05T00:00:00Z"),
        ...more,
      }),
    );
  const shape = (candles: readonly SipCandle[]) =>
    candles.map(({ close, high, low, open, volume }) => [open, high, low, close, volume]);
  assertEquals(shape(await ask("1d")), [[100, 110, 100, 110, 41]]);
  assertEquals(shape(await ask("1d", { session: "regular" })), [[100, 110, 100, 110, 21]]);
  assertEquals(shape(await ask("1d", { session: "pre" })), [[90, 90, 90, 90, 10]]);
  assertEquals(shape(await ask("30m")), [
    [90, 90, 90, 90, 10],
    [100, 100, 100, 100, 11],
    [110, 110, 110, 110, 10],
    [200, 200, 200, 200, 10],
  ]);
});
