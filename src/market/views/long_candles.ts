import type { Calendar } from "../calendar/calendar.ts";
import { type SessionChoice, type SessionQuestion, SESSIONS } from "../calendar/calendar_file.ts";
import type { MarketReader, SipCandle } from "../reader.ts";
import { type Alignment, type CandleRule, candlesOf, HOUR_MS, lengthOf } from "../series.ts";
import { baseOf, windowOf } from "./windows.ts";

export interface CandleQuestion {
  symbol: string;
  /** A stored interval, or a longer one. */
  interval: string;
  rule: CandleRule;
  session: SessionQuestion;
  /** Default `epoch`. */
  align?: Alignment;
  /** Candles that start in [from, to), milliseconds. */
  from: number;
  to: number;
  /** The newest so many. */
  limit: number;
}

/** Stored candles of one reading. */
const ROWS = 2000;
const FIVE_MINUTES = 300_000;
/** Time without any trade after which nothing earlier is looked for, milliseconds. */
const MOST_EMPTY_MS = 2 * 366 * 86_400_000;
/** Days that are gone back for candles of a session. */
const MAX_DAYS = 400;

/** Reads candles that are stored. */
export type CandleReader = Pick<MarketReader, "candles" | "sipCandles">;

/**
 * Candles of any interval and session, earliest first. Those that are not stored are made of those that are: so they are right for
 * all that was ever stored, and follow a calendar that is changed.
 */
export async function candlesOver(
  reader: CandleReader,
  calendar: Calendar,
  question: CandleQuestion,
): Promise<SipCandle[]> {
  const { limit, session } = question;
  if (session !== "each") return await candlesOfOne(reader, calendar, { ...question, session });
  const parts = await Promise.all(SESSIONS.map(async (name) => {
    const candles = await candlesOfOne(reader, calendar, { ...question, session: name });
    return candles.map((candle): SipCandle => ({ ...candle, session: name }));
  }));
  // A stable sort: of one start the earlier session comes first.
  return parts.flat().sort((a, b) => a.start - b.start).slice(-limit);
}

/** A question for one part of the day, or for all of it together. */
type OneQuestion = CandleQuestion & { session: SessionChoice };

async function candlesOfOne(
  reader: CandleReader,
  calendar: Calendar,
  question: OneQuestion,
): Promise<SipCandle[]> {
  const { align = "epoch", from, interval, limit, session, symbol, to } = question;
  const base = baseOf(calendar, interval, align);
  if (base !== undefined) return await made(reader, calendar, question, base);
  if (session === "all") return await stored(reader, question)(symbol, interval, from, to, limit);
  return lengthOf(interval) <= FIVE_MINUTES
    ? await ofSession(reader, calendar, question)
    : await made(reader, calendar, question, "1h");
}

const stored = (reader: CandleReader, { rule }: CandleQuestion): MarketReader["sipCandles"] => (...args) =>
  rule === "sip" ? reader.sipCandles(...args) : reader.candles(...args);

/** Stored candles that lie in a session, day after day backwards. */
async function ofSession(
  reader: CandleReader,
  calendar: Calendar,
  question: CandleQuestion,
): Promise<SipCandle[]> {
  const { from, interval, limit, session, symbol, to } = question;
  const candles: SipCandle[] = [];
  let day = calendar.dayOf(to - 1);
  for (let i = 0; i < MAX_DAYS && day.end > from && candles.length < limit; i++) {
    for (const { end, name, start } of day.sessions) {
      if (name !== session || end <= from || start >= to) continue;
      const rest = limit - candles.length;
      const range = [Math.max(from, start), Math.min(to, end)] as const;
      candles.unshift(...await stored(reader, question)(symbol, interval, ...range, rest));
    }
    day = calendar.dayBeside(day, -1);
  }
  return candles;
}

/** Candles that are made of shorter ones. */
async function made(
  reader: CandleReader,
  calendar: Calendar,
  question: OneQuestion,
  base: "1m" | "5m" | "1h",
): Promise<SipCandle[]> {
  const { align, from, interval, limit, session, symbol, to } = question;
  const baseMs = candlesOf(base)!.lengthMs;
  const read = stored(reader, question);
  const start = windowOf(calendar, interval, from, align).start;
  const windows = new Map<number, Making>();
  let empty = 0;
  for (
    let { end } = windowOf(calendar, interval, to - 1, align);
    end > start && windows.size <= limit;
    end -= ROWS * baseMs
  ) {
    const rows = await read(symbol, base, Math.max(start, end - ROWS * baseMs), end, ROWS);
    empty = rows.length === 0 ? empty + ROWS * baseMs : 0;
    if (empty > MOST_EMPTY_MS) break;
    for (const row of rows.reverse()) {
      for (const part of await partsOf(row)) take(part.row, part.lengthMs);
    }
  }
  return [...windows.values()].filter(({ candle }) => candle.start >= from && candle.start < to)
    .slice(0, limit).map(({ candle }) => question.rule === "raw" ? bounded(candle) : candle).reverse();

  /** What of a stored candle is of the session: those of an hour in which it begins or ends are made of shorter ones. */
  async function partsOf(row: SipCandle): Promise<{ row: SipCandle; lengthMs: number }[]> {
    if (session === "all") return [{ row, lengthMs: baseMs }];
    const end = row.start + baseMs;
    const [own] = calendar.dayOf(row.start).sessions.filter((each) =>
      each.name === session && each.start < end && each.end > row.start
    );
    if (!own) return [];
    if (own.start <= row.start && own.end >= end) return [{ row, lengthMs: baseMs }];
    const range = [Math.max(own.start, row.start), Math.min(own.end, end)] as const;
    const short = await read(symbol, "5m", ...range, HOUR_MS / FIVE_MINUTES);
    return short.reverse().map((each) => ({ row: each, lengthMs: FIVE_MINUTES }));
  }

  /** Adds what stands before all that was added so far. */
  function take(row: SipCandle, lengthMs: number): void {
    const { end, start } = windowOf(calendar, interval, row.start, align);
    let making = windows.get(start);
    if (!making) {
      const regular = (session === "all" || session === "regular") && calendar.touchesRegular(start, end);
      windows.set(start, making = { candle: emptyCandle(start), regular, turnover: 0 });
    }
    // Prices of extended hours are none of a candle that has a part of the regular session.
    const priced = question.rule === "raw" || !making.regular ||
      calendar.touchesRegular(row.start, row.start + lengthMs);
    prepend(making, row, priced);
  }
}

interface Making {
  candle: SipCandle;
  regular: boolean;
  turnover: number;
}

const emptyCandle = (start: number): SipCandle => ({
  start,
  open: null,
  high: null,
  low: null,
  close: null,
  volume: 0,
  trades: 0,
});

function prepend(making: Making, row: SipCandle, priced: boolean): void {
  const { candle } = making;
  candle.volume += row.volume;
  candle.trades += row.trades;
  making.turnover += (row.vwap ?? 0) * row.volume;
  if (candle.volume > 0 && Number.isFinite(making.turnover)) candle.vwap = making.turnover / candle.volume;
  if (!priced) return;
  candle.open = row.open ?? candle.open;
  candle.close ??= row.close;
  candle.high = row.high === null ? candle.high : Math.max(candle.high ?? -Infinity, row.high);
  candle.low = row.low === null ? candle.low : Math.min(candle.low ?? Infinity, row.low);
}

/** The mean of every print lies between the lowest and the highest, but for rounding. */
const bounded = (candle: SipCandle): SipCandle =>
  candle.vwap === undefined || candle.low === null || candle.high === null
    ? candle
    : { ...candle, vwap: Math.min(candle.high, Math.max(candle.low, candle.vwap)) };
