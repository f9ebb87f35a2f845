import { LiveWindows } from "../../../../src/web/dashboard/live_windows.ts";
import { Calendars } from "../../../../src/market/calendar/calendars.ts";
import { assertEquals } from "@std/assert";
import { LiveSymbol, TAPE_LENGTH } from "../../../../src/web/dashboard/live_symbol.ts";

const T = 1_700_000_000_000;
const trade = (time: number, price: number, volume = 1) => ({
  symbol: "A",
  time,
  price,
  volume,
  conditions: [],
});
const stored = (start: number, trades: number) => ({
  start,
  open: 5,
  high: 50,
  low: 4,
  close: 9,
  volume: 100,
  vwap: 10,
  trades,
});

Deno.test("a window that began before the first trade takes its beginning from the store", () => {
  const symbol = new LiveSymbol("A", new Calendars().of("A"), "raw");
  symbol.add(trade(T + 1000, 60), 0);
  assertEquals(symbol.windows.partial("5s")?.start, T);
  symbol.windows.setStored("5s", stored(T, 7));
  assertEquals(symbol.windows.candles("5s"), [{ ...stored(T, 7), high: 60, close: 60 }]);
  symbol.add(trade(T + 5000, 70, 2), 0);
  assertEquals(symbol.windows.partial("5s"), undefined);
  assertEquals(symbol.windows.candles("5s")[0], {
    start: T + 5000,
    open: 70,
    high: 70,
    low: 70,
    close: 70,
    volume: 2,
    vwap: 70,
    trades: 1,
  });
});

Deno.test("a late trade changes the candle that it belongs to, not the price", () => {
  const symbol = new LiveSymbol("A", new Calendars().of("A"), "raw");
  symbol.add(trade(T, 1), 0);
  symbol.add(trade(T + 6000, 2), 0);
  symbol.add(trade(T + 4000, 3), 0);
  assertEquals(symbol.windows.candles("5s").map(({ close, trades }) => [close, trades]), [[2, 1], [3, 2]]);
  assertEquals(symbol.price, 2);
});

Deno.test("after a gap the windows are the store's again", () => {
  const symbol = new LiveSymbol("A", new Calendars().of("A"), "raw");
  symbol.add(trade(T, 1), 0);
  symbol.add(trade(T + 5000, 2), 0);
  symbol.windows.mindGap();
  symbol.add(trade(T + 6000, 3), 0);
  assertEquals(symbol.windows.partial("5s")?.start, T + 5000);
});

Deno.test("the tape is bounded and says how many trades it does not have", () => {
  const symbol = new LiveSymbol("A", new Calendars().of("A"), "raw");
  for (let i = 0; i < 1000; i++) symbol.add(trade(T + i, i), 0);
  const { missed, trades } = symbol.tradesSince(10);
  assertEquals([trades.length, missed, trades.at(-1)!.price], [TAPE_LENGTH, 990 - TAPE_LENGTH, 999]);
  assertEquals(symbol.tradesSince(1000), { trades: [], missed: 0 });
});

Deno.test("the rate is that of the last ten whole seconds, and falls to nought", () => {
  const symbol = new LiveSymbol("A", new Calendars().of("A"), "raw");
  for (let second = 100; second < 120; second++) for (let i = 0; i < 3; i++) symbol.add(trade(T, 1), second);
  assertEquals(symbol.row(120).rate, 3);
  assertEquals(symbol.row(125).rate, 1.5);
  assertEquals(symbol.row(200).rate, 0);
});

Deno.test("a row says how many decimals its symbol needs, by all its prices, and when it was heard of", () => {
  const symbol = new LiveSymbol("A", new Calendars().of("A"), "raw");
  const digits = () => [symbol.row(200).digits, symbol.row(200).volumeDigits];
  symbol.add(trade(T, 42), 100);
  assertEquals(digits(), [2, 0]);
  symbol.add(trade(T, 1.15842, 0.25), 101);
  symbol.add(trade(T, 1.1584, 7), 102);
  assertEquals([digits(), symbol.row(200).heard], [[5, 2], 102_000]);
  symbol.setDay([stored(T, 1)], [{ ...stored(T, 1), close: 0.00000851 }]);
  assertEquals(digits(), [8, 2]);
});

Deno.test("a VWAP of equal prices is that price, live too", () => {
  const symbol = new LiveSymbol("A", new Calendars().of("A"), "raw");
  for (let i = 0; i < 1000; i++) symbol.add(trade(T + i, 42.26, 0.1 + i / 7), 0);
  for (const { high, low, vwap } of symbol.windows.candles("5s")) {
    assertEquals([high, low, vwap], [42.26, 42.26, 42.26]);
  }
});

Deno.test("a volume that adds up to infinity is left out of the row, and the rest is told", () => {
  const symbol = new LiveSymbol("A", new Calendars().of("A"), "raw");
  symbol.add(trade(T, 5), 0);
  symbol.setDay([{ ...stored(T, 1), volume: 1e308 }, { ...stored(T, 1), volume: 1e308 }], []);
  const row = symbol.row(0);
  assertEquals([row.price, row.volume, JSON.parse(JSON.stringify(row)).volume], [5, undefined, undefined]);
});

Deno.test("candles by sale conditions: an odd lot moves no price, and what has no price is not shown", () => {
  const windows = new LiveWindows(new Calendars().of("AAPL"), "sip");
  const noon = Date.parse("2024-07-02T12:00:00-04:00");
  const print = (time: number, price: number, ...conditions: string[]) =>
    windows.add({ symbol: "AAPL", time, price, volume: 1, conditions }, time);
  print(noon, 500, "12");
  assertEquals(windows.candles("5s"), []);
  print(noon + 1, 100);
  print(noon + 2, 500, "12");
  const [candle] = windows.candles("5s");
  assertEquals([candle!.open, candle!.high, candle!.low, candle!.close], [100, 100, 100, 100]);
  assertEquals([candle!.volume, candle!.trades], [3, 3]);
});
