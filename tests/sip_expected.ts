import type { Calendars } from "../src/market/calendar/calendars.ts";
import type { Trade } from "../src/market/trade.ts";
import { INTERVALS } from "./expected.ts";

/** A candle by sale conditions, computed from the trades by the plainest code; null where no trade sets it. */
export interface ExpectedSip {
  open: number | null;
  high: number | null;
  low: number | null;
  close: number | null;
  volume: number;
  turnover: number;
  count: number;
}

/** High and low, last price (`f` only as the first, `l` until 16:00:10), volume: as the table that was found has it. */
type Marks = [highLow: "y" | "n", last: "y" | "n" | "f" | "l", volume: "y" | "n"];

/** In bars that touch the regular session. Written by hand from the table, not from the program's file. */
const REGULAR: Record<string, Marks> = {};
const put = (codes: number[], marks: Marks) => codes.forEach((code) => REGULAR[String(code)] = marks);
put([1, 2, 4, 6, 7, 8, 13, 14, 18, 19, 23, 28, 29, 31, 33, 34, 35, 36], ["y", "y", "y"]);
put([15], ["y", "l", "y"]);
put([9, 21, 30, 32], ["y", "f", "y"]);
put([3, 5, 10, 12, 22, 26, 37], ["n", "n", "y"]);
put([24, 25], ["n", "n", "y"]);
put([16, 20], ["n", "n", "n"]);
put([39], ["y", "y", "n"]);
put([17, 38], ["n", "n", "y"]);
/** In bars of extended hours alone, where they differ. */
const EXTENDED: Record<string, Marks> = { "24": ["y", "y", "y"], "25": ["y", "f", "y"] };

/** All codes that the table has, for tests to draw from. */
export const CODES: readonly string[] = Object.keys(REGULAR);

function marksOf({ conditions, symbol }: Trade, regular: boolean, calendars: Calendars): Marks {
  const marks: Marks = ["y", "y", "y"];
  if (calendars.of(symbol).name !== "us-equities") return marks;
  for (const code of conditions) {
    const [highLow, last, volume] = (regular ? undefined : EXTENDED[code]) ?? REGULAR[code] ??
      ["y", "y", "y"];
    if (highLow === "n") marks[0] = "n";
    if ("nfly".indexOf(last) < "nfly".indexOf(marks[1])) marks[1] = last;
    if (volume === "n") marks[2] = "n";
  }
  return marks;
}

/** Every candle by sale conditions of trades in stream order, by `symbol interval-sip start`. */
export function expectedSip(trades: readonly Trade[], calendars: Calendars): Map<string, ExpectedSip> {
  const found = new Map<string, ExpectedSip>();
  const bars = new Map<string, { trade: Trade; sets: Marks }[]>();
  const bySymbol = Map.groupBy(trades, ({ symbol }) => symbol);
  for (const [symbol, own] of bySymbol) {
    const calendar = calendars.of(symbol);
    own.forEach((trade, i) => {
      const day = calendar.dayOf(trade.time);
      const end = day.sessions.find(({ name }) => name === "regular")?.end ?? -Infinity;
      const setsLast = (regular: boolean): Marks => {
        const marks = marksOf(trade, regular, calendars);
        const first = marks[1] === "f" || (marks[1] === "l" && trade.time >= end + 10_000);
        const before = () =>
          own.slice(0, i).some((other) =>
            other.time >= day.start && other.time <= trade.time &&
            marksOf(other, regular, calendars)[1] !== "n"
          );
        return [marks[0], marks[1] === "n" || (first && before()) ? "n" : "y", marks[2]];
      };
      for (const [name, ms] of Object.entries(INTERVALS)) {
        const start = trade.time - trade.time % ms;
        const key = `${symbol} ${name}-sip ${start}`;
        const bar = bars.get(key) ?? [];
        bars.set(key, bar);
        bar.push({ trade, sets: setsLast(calendar.touchesRegular(start, start + ms)) });
      }
    });
  }
  for (const [key, list] of bars) {
    const prices = list.filter(({ sets }) => sets[0] === "y").map(({ trade }) => trade.price);
    const lasts = list.filter(({ sets }) => sets[1] === "y").map(({ trade }) => trade)
      .sort((a, b) => a.time - b.time);
    const counted = list.filter(({ sets }) => sets[2] === "y").map(({ trade }) => trade);
    found.set(key, {
      open: lasts[0]?.price ?? null,
      high: prices.length === 0 ? null : Math.max(...prices),
      low: prices.length === 0 ? null : Math.min(...prices),
      close: lasts.at(-1)?.price ?? null,
      volume: counted.reduce((sum, { volume }) => sum + volume, 0),
      turnover: counted.reduce((sum, { price, volume }) => sum + price * volume, 0),
      count: counted.length,
    });
  }
  return found;
}
