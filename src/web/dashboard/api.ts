import type { Context, Hono } from "hono";
import type { BarKind } from "../../market/bars.ts";
import type { Calendars } from "../../market/calendar/calendars.ts";
import { completeness, gapsOf, type StoredSpan } from "../../market/following/completeness.ts";
import { withFetched } from "../../market/following/fetched.ts";
import { filled, FILLS } from "../../market/fill.ts";
import type { Candle, MarketReader } from "../../market/reader.ts";
import { type Alignment, ALIGNMENTS, ALL_INTERVALS, type CandleRule, lengthOf } from "../../market/series.ts";
import { MAX_SYMBOL_LENGTH } from "../../market/symbol.ts";
import { SESSION_QUESTIONS } from "../../market/calendar/calendar_file.ts";
import { candlesOver } from "../../market/views/long_candles.ts";
import { baseOf, windowOf } from "../../market/views/windows.ts";
import { addressOf } from "../seats.ts";
import { ALLOWED_DELAY_MS } from "./live_windows.ts";
import type { Board } from "./board.ts";
import openapi from "./openapi.json" with { type: "json" };
import type { DashboardStreams } from "./streams.ts";
import type { Answers, Refusal } from "./wire.ts";

export interface ApiOptions {
  reader: MarketReader;
  board: Board;
  streams: DashboardStreams;
  candles: CandleChoice;
  /** Whether symbols can be searched for and added. */
  canAdd: boolean;
  security: Record<string, string>;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** Which candles there are to choose from. */
export interface CandleChoice {
  /** Which are kept; the first is that of a question which names none. */
  rules: readonly CandleRule[];
  /** Which bars are kept. */
  bars: readonly BarKind[];
  calendars: Calendars;
  /** How windows are aligned where a question does not say. */
  align: Alignment;
  /** Messages that are not processed yet; undefined where that is not known. */
  lag(): number | undefined;
}

const DAY_MS = 86_400_000;
const MAX_CANDLES = 2000;
const DEFAULT_CANDLES = 300;
const MAX_TRADES = 500;
/** Time of which gaps are told where nobody says which, milliseconds. */
const DEFAULT_GAPS_MS = 86_400_000;
/** Latest time that is taken, milliseconds: the end of year 9999. */
const MAX_TIME = 253_402_300_800_000;

/** The description of the API, which leaves the intervals to the table of series. */
const DESCRIPTION = JSON.stringify(
  openapi,
  (key, value) =>
    key === "interval" && value.in === "query" ? { ...value, schema: { enum: ALL_INTERVALS } } : value,
  2,
);

const isFetched = ({ filledAt, filledFrom = "" }: StoredSpan): boolean =>
  filledAt !== undefined && filledFrom !== "tick";

/** A question that cannot be answered as it is put; the message says what it must be. */
class BadRequest extends Error {
  override name = "BadRequest";
}

/** Adds `/api/…`; every input is checked, every answer bounded. */
export function addApi(
  app: Hono,
  { board, canAdd, candles, now, reader, security, streams }: ApiOptions,
): void {
  const headers = { ...security, "cache-control": "no-store" };
  const refuse = (c: Context, status: 400 | 503, error: string) =>
    c.json({ error } satisfies Refusal, status, headers);
  function json<N extends keyof Answers>(name: N, answer: (query: Query) => Promise<Answers[N]>): void {
    app.get(`/api/${name}`, async (c) => {
      try {
        return c.json(await answer(new Query(c)), 200, headers);
      } catch (error) {
        if (error instanceof BadRequest) return refuse(c, 400, error.message);
        return refuse(c, 503, "the store cannot be read now");
      }
    });
  }

  json("symbols", () => {
    const second = board.second();
    return Promise.resolve({
      symbols: [...board.symbols.values()].filter(({ price }) => price > 0).map((state) => state.row(second)),
      canAdd,
    });
  });
  json("candles", async (query) => {
    const symbol = query.symbol();
    const interval = query.oneOf("interval", ALL_INTERVALS);
    const rule = query.oneOf("candles", candles.rules, candles.rules[0], ", which the setting CANDLES names");
    const session = query.oneOf("session", SESSION_QUESTIONS, "all");
    const align = query.oneOf("align", ALIGNMENTS, candles.align);
    const calendar = candles.calendars.of(symbol);
    const length = lengthOf(interval);
    const limit = query.whole("limit", 1, MAX_CANDLES, DEFAULT_CANDLES);
    const edge = windowOf(calendar, interval, newest(symbol), align).end;
    const to = query.whole("to", 0, MAX_TIME, edge);
    const from = query.whole("from", 0, MAX_TIME, Math.max(0, to - limit * length));
    if (from >= to) throw new BadRequest("from must be before to");
    const fill = query.oneOf("fill", FILLS, "none");
    if (fill !== "none" && (session !== "all" || align !== "epoch" || length >= DAY_MS)) {
      throw new BadRequest("fill goes with session=all, align=epoch and intervals below 1d");
    }
    const question = { symbol, interval, rule, session, align, from, to, limit };
    const found = await candlesOver(reader, calendar, question);
    const end = Math.ceil(Math.min(to, edge) / length) * length;
    // But for what comes later than is allowed, all trades up to then are in their candles.
    const settled = candles.lag() === 0 ? board.marketTime() - ALLOWED_DELAY_MS : -Infinity;
    // Candles without numbers are for whoever asks for them: the page does not.
    const endOf = (start: number) => windowOf(calendar, interval, start, align).end;
    const answer = { symbol, interval, rule, session, align };
    const [first, last] = [found[0], found.at(-1)];
    if (first === undefined || last === undefined) return { ...answer, candles: [] };
    const spans = await reader.feedSpans(symbol, first.start, endOf(last.start));
    // Those that were fetched are of whole days and of every print.
    const fetched =
      rule === "raw" && session === "all" && !baseOf(calendar, interval, align) && spans.some(isFetched)
        ? await reader.fetchedCandles(symbol, interval, first.start, last.start + length)
        : [];
    const all = filled(withFetched(found as Candle[], fetched), length, fill, end, limit) as Candle[];
    const complete = completeness(spans, now());
    return {
      ...answer,
      candles: all.map((candle) => {
        const whole = candle.source === "rest" || complete(candle.start, endOf(candle.start));
        return {
          ...candle,
          ...(whole !== undefined && { complete: whole }),
          final: endOf(candle.start) <= settled,
        };
      }),
    };
  });
  json("gaps", async (query) => {
    const symbol = query.symbol();
    const to = query.whole("to", 0, MAX_TIME, Math.max(newest(symbol), now()) + 1);
    const from = query.whole("from", 0, MAX_TIME, Math.max(0, to - DEFAULT_GAPS_MS));
    if (from >= to) throw new BadRequest("from must be before to");
    const gaps = gapsOf(await reader.feedSpans(symbol, from, to));
    return { symbol, gaps: gaps.filter((gap) => (gap.to ?? Infinity) > from && gap.from < to) };
  });
  json("averages", async (query) => {
    const symbol = query.symbol();
    const limit = query.whole("limit", 1, MAX_CANDLES, DEFAULT_CANDLES);
    const to = query.whole("to", 0, MAX_TIME, newest(symbol) + 1);
    const from = query.whole("from", 0, MAX_TIME, Math.max(0, to - limit * 5000));
    if (from >= to) throw new BadRequest("from must be before to");
    return { symbol, averages: await reader.averages(symbol, from, to, limit) };
  });
  json("bars", async (query) => {
    const symbol = query.symbol();
    const names = candles.bars.map(({ name }) => name);
    if (names.length === 0) throw new BadRequest("no bars are kept here; set BARS, such as BARS=tick:500");
    const series = query.oneOf("series", names, names[0], ", which the setting BARS names");
    const limit = query.whole("limit", 1, MAX_CANDLES, DEFAULT_CANDLES);
    const to = query.whole("to", 0, MAX_TIME, newest(symbol) + 1);
    const from = query.whole("from", 0, MAX_TIME, Math.max(0, to - DAY_MS));
    if (from >= to) throw new BadRequest("from must be before to");
    const kind = candles.bars.find(({ name }) => name === series)!;
    return { symbol, series, bars: await reader.bars(symbol, kind, from, to, limit) };
  });
  json("trades", async (query) => {
    const symbol = query.symbol();
    const before = query.whole("before", 0, MAX_TIME, newest(symbol) + 1);
    const limit = query.whole("limit", 1, MAX_TRADES, 50);
    return { symbol, trades: await reader.trades(symbol, before, limit) };
  });
  app.get("/api/stream", (c) => {
    try {
      const query = new Query(c);
      const [symbol, interval] = [query.symbol(), query.oneOf("interval", ALL_INTERVALS)];
      // A stream that nobody reads would never end.
      const response = c.req.method === "HEAD"
        ? c.body(null)
        : streams.respond(symbol, interval, addressOf(c));
      for (const [name, value] of Object.entries(security)) response.headers.set(name, value);
      return response;
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      return refuse(c, 400, error.message);
    }
  });
  app.get(
    "/api/openapi.json",
    (c) => c.body(DESCRIPTION, 200, { ...headers, "content-type": "application/json" }),
  );

  /** The market's newest time: a replay's may lie years back. */
  function newest(symbol: string): number {
    return board.symbols.get(symbol)?.time || now();
  }
}

/** The checked parameters of a request. */
class Query {
  constructor(readonly context: Context) {}

  symbol(): string {
    const symbol = this.context.req.query("symbol") ?? "";
    if (symbol.length === 0 || symbol.length > MAX_SYMBOL_LENGTH) {
      throw new BadRequest(`symbol must be of 1 to ${MAX_SYMBOL_LENGTH} characters`);
    }
    return symbol;
  }

  oneOf<T extends string>(name: string, values: readonly T[], preset?: T, why = ""): T {
    const text = this.context.req.query(name);
    if (text === undefined && preset !== undefined) return preset;
    const found = values.find((value) => value === text);
    if (found === undefined) throw new BadRequest(`${name} must be one of ${values.join(", ")}${why}`);
    return found;
  }

  whole(name: string, min: number, max: number, preset: number): number {
    const text = this.context.req.query(name);
    if (text === undefined) return preset;
    const value = Number(text);
    if (!/^\d{1,15}$/.test(text) || value < min || value > max) {
      throw new BadRequest(`${name} must be a whole number from ${min} to ${max}`);
    }
    return value;
  }
}
