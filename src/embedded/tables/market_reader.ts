import type { Average, Candle, MarketReader, SeenTrade, SipCandle } from "../../market/reader.ts";
import { type Bar, type BarKind, barOf } from "../../market/bars.ts";
import { bucketOf, candlesOf, hourOf, RUNNING_AVERAGE, type SeriesKind } from "../../market/series.ts";
import { symbolFault } from "../../market/symbol.ts";
import type { StoredSpan } from "../../market/following/completeness.ts";
import type { FetchedCandle } from "../../market/following/fetched.ts";
import type { Database } from "../database.ts";
import { readSpans } from "./feed_spans.ts";
import { readFetched } from "./fetched_candles.ts";

/** Symbols of one answer. */
const MAX_SYMBOLS = 10_000;
/** Length of a trade's codes as JSON, beyond what any trade may have. */
const MAX_CODES = 4096;
/** Times are within what a date holds, milliseconds. */
const MAX_TIME = 8.64e15;

/**
 * Reads the embedded store for people and programs. Keys begin with the bucket, so a range begins and ends with the exact one. What
 * is not as this program writes it is passed over.
 */
export class SqliteMarketReader implements MarketReader {
  constructor(readonly database: Database) {}

  // deno-lint-ignore require-await -- what it throws is a rejection
  async symbols(): Promise<string[]> {
    // Skips from one symbol to the next in the index in place of reading every row of it.
    const rows = this.database.all(
      "WITH RECURSIVE s(symbol) AS (SELECT MIN(symbol) FROM candles UNION ALL " +
        "SELECT (SELECT MIN(symbol) FROM candles WHERE symbol > s.symbol) FROM s WHERE s.symbol IS NOT NULL) " +
        "SELECT symbol FROM s WHERE symbol IS NOT NULL LIMIT ?",
      MAX_SYMBOLS,
    );
    return this.#good(
      "symbols",
      rows,
      ({ symbol }) => typeof symbol === "string" && symbolFault(symbol) === undefined ? symbol : undefined,
    );
  }

  // deno-lint-ignore require-await -- what it throws is a rejection
  async candles(
    symbol: string,
    interval: string,
    from: number,
    to: number,
    limit: number,
  ): Promise<Candle[]> {
    return this.#candles(symbol, candlesOf(interval), from, to, limit, numbers) as Candle[];
  }

  // deno-lint-ignore require-await -- what it throws is a rejection
  async sipCandles(
    symbol: string,
    interval: string,
    from: number,
    to: number,
    limit: number,
  ): Promise<SipCandle[]> {
    return this.#candles(symbol, candlesOf(interval, "sip"), from, to, limit, numbersOrNull);
  }

  #candles(
    symbol: string,
    kind: SeriesKind | undefined,
    from: number,
    to: number,
    limit: number,
    good: (values: Record<string, unknown>) => boolean,
  ): SipCandle[] {
    if (kind === undefined) return [];
    const [first, end] = [inTime(from), inTime(to)];
    const rows = this.database.all(
      "SELECT * FROM candles WHERE symbol = ? AND interval = ? AND (bucket, window_start) >= (?, ?) " +
        "AND (bucket, window_start) < (?, ?) ORDER BY bucket DESC, window_start DESC LIMIT ?",
      symbol,
      kind.name,
      bucketOf(kind, first),
      first,
      bucketOf(kind, end),
      end,
      limit,
    );
    return this.#good("candles", rows.reverse(), (row) => {
      const { close, high, low, open, trade_count: trades, volume, vwap, window_start: start } = row;
      const candle = { start, open, high, low, close, volume, ...(vwap === null ? {} : { vwap }), trades };
      return good(candle) ? candle as unknown as SipCandle : undefined;
    });
  }

  // deno-lint-ignore require-await -- what it throws is a rejection
  async feedSpans(symbol: string, from: number, to: number): Promise<StoredSpan[]> {
    return readSpans(this.database, symbol, inTime(from), inTime(to));
  }

  // deno-lint-ignore require-await -- what it throws is a rejection
  async fetchedCandles(symbol: string, interval: string, from: number, to: number): Promise<FetchedCandle[]> {
    const kind = candlesOf(interval);
    return kind === undefined ? [] : readFetched(this.database, symbol, kind, inTime(from), inTime(to));
  }

  // deno-lint-ignore require-await -- what it throws is a rejection
  async bars(symbol: string, kind: BarKind, from: number, to: number, limit: number): Promise<Bar[]> {
    const rows = this.database.all(
      "SELECT * FROM bars WHERE symbol = ? AND series = ? AND hour >= ? AND hour < ? ORDER BY hour DESC, number DESC LIMIT ?",
      symbol,
      kind.name,
      hourOf(inTime(from)),
      inTime(to),
      limit,
    );
    return this.#good("bars", rows.reverse(), (row) => {
      const { series: _, symbol: __, vwap, ...values } = row;
      const cell = (column: string) =>
        (column === "vwap" ? vwap ?? undefined : row[column]) as number | undefined;
      return numbers(values) && (vwap === null || numbers({ vwap })) ? barOf(kind, cell) : undefined;
    });
  }

  // deno-lint-ignore require-await -- what it throws is a rejection
  async averages(symbol: string, from: number, to: number, limit: number): Promise<Average[]> {
    const [first, end] = [inTime(from), inTime(to)];
    const rows = this.database.all(
      "SELECT * FROM running_averages_15_sec WHERE symbol = ? AND (bucket, window_end) >= (?, ?) " +
        "AND (bucket, window_end) < (?, ?) ORDER BY bucket DESC, window_end DESC LIMIT ?",
      symbol,
      bucketOf(RUNNING_AVERAGE, first),
      first,
      bucketOf(RUNNING_AVERAGE, end),
      end,
      limit,
    );
    return this.#good("running_averages_15_sec", rows.reverse(), (row) => {
      const { price_volume_multiply: turnover, trade_count: trades, vwap, window_end: end } = row;
      const average = { end, ...(vwap === null ? {} : { vwap }), turnover, trades };
      return numbers(average) ? average as unknown as Average : undefined;
    });
  }

  // deno-lint-ignore require-await -- what it throws is a rejection
  async trades(symbol: string, before: number, limit: number): Promise<SeenTrade[]> {
    const end = inTime(before);
    const rows = this.database.all(
      "SELECT * FROM trades WHERE symbol = ? AND (hour, trade_timestamp) < (?, ?) AND cancelled IS NULL " +
        "ORDER BY hour DESC, trade_timestamp DESC, uuid DESC LIMIT ?",
      symbol,
      hourOf(end),
      end,
      limit,
    );
    return this.#good("trades", rows, ({ price, trade_conditions: codes, trade_timestamp: time, volume }) => {
      const conditions = codesOf(codes);
      if (conditions === undefined || !numbers({ price, time, volume })) return undefined;
      return { symbol, time, price, volume, conditions } as SeenTrade;
    });
  }

  #good<T>(
    table: string,
    rows: readonly Record<string, unknown>[],
    read: (row: Record<string, unknown>) => T | undefined,
  ): T[] {
    return rows.flatMap((row) => {
      const value = read(row);
      if (value !== undefined) return [value];
      this.database.passOver(`a row of ${table}`);
      return [];
    });
  }
}

const inTime = (time: number): number => Math.max(-MAX_TIME, Math.min(MAX_TIME, time));

const numbers = (values: Record<string, unknown>): boolean =>
  Object.values(values).every((value) => typeof value === "number");

const PRICES = ["open", "high", "low", "close"];

const numbersOrNull = (values: Record<string, unknown>): boolean =>
  Object.entries(values).every(([name, value]) =>
    typeof value === "number" || (value === null && PRICES.includes(name))
  );

/** Codes that are kept as JSON; undefined for what is none. */
export function codesOf(text: unknown): string[] | undefined {
  if (text === null) return [];
  if (typeof text !== "string" || text.length > MAX_CODES) return undefined;
  try {
    const codes: unknown = JSON.parse(text);
    return Array.isArray(codes) && codes.every((code) => typeof code === "string") ? codes : undefined;
  } catch {
    return undefined;
  }
}
