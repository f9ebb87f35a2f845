import type { Average, Candle, MarketReader, SeenTrade } from "../market/reader.ts";
import type { Database } from "./database.ts";

/** A bucket starts at most this much before a window in it, milliseconds: a month, and the hour that ends at its end. */
const LONGEST_BUCKET_MS = 32 * 86_400_000;

/** Reads the embedded store for people and programs. Keys hold the bucket, so a range names every bucket it touches. */
export class SqliteMarketReader implements MarketReader {
  constructor(readonly database: Database) {}

  symbols(): Promise<string[]> {
    // Skips from one symbol to the next in the index in place of reading every row of it.
    const rows = this.database.all(
      "WITH RECURSIVE s(symbol) AS (SELECT MIN(symbol) FROM candles UNION ALL " +
        "SELECT (SELECT MIN(symbol) FROM candles WHERE symbol > s.symbol) FROM s WHERE s.symbol IS NOT NULL) " +
        "SELECT symbol FROM s WHERE symbol IS NOT NULL",
    );
    return Promise.resolve(rows.map(({ symbol }) => String(symbol)));
  }

  candles(symbol: string, interval: string, from: number, to: number, limit: number): Promise<Candle[]> {
    // Buckets only grow with window_start, so this order is the primary key's and needs no sorting.
    const rows = this.database.all(
      "SELECT * FROM candles WHERE symbol = ? AND interval = ? AND bucket BETWEEN ? AND ? AND window_start >= ? AND window_start < ? " +
        "ORDER BY bucket DESC, window_start DESC LIMIT ?",
      symbol,
      interval,
      from - LONGEST_BUCKET_MS,
      to,
      from,
      to,
      limit,
    );
    return Promise.resolve(
      rows.reverse().map((row) => ({
        start: Number(row.window_start),
        open: Number(row.open),
        high: Number(row.high),
        low: Number(row.low),
        close: Number(row.close),
        volume: Number(row.volume),
        ...(row.vwap === null ? {} : { vwap: Number(row.vwap) }),
        trades: Number(row.trade_count),
      })),
    );
  }

  averages(symbol: string, from: number, to: number, limit: number): Promise<Average[]> {
    const rows = this.database.all(
      "SELECT * FROM running_averages_15_sec WHERE symbol = ? AND bucket BETWEEN ? AND ? AND window_end >= ? AND window_end < ? " +
        "ORDER BY bucket DESC, window_end DESC LIMIT ?",
      symbol,
      from - LONGEST_BUCKET_MS,
      to,
      from,
      to,
      limit,
    );
    return Promise.resolve(
      rows.reverse().map((row) => ({
        end: Number(row.window_end),
        ...(row.vwap === null ? {} : { vwap: Number(row.vwap) }),
        turnover: Number(row.price_volume_multiply),
        trades: Number(row.trade_count),
      })),
    );
  }

  trades(symbol: string, before: number, limit: number): Promise<SeenTrade[]> {
    const rows = this.database.all(
      "SELECT * FROM trades WHERE symbol = ? AND hour <= ? AND trade_timestamp < ? " +
        "ORDER BY hour DESC, trade_timestamp DESC, uuid DESC LIMIT ?",
      symbol,
      before,
      before,
      limit,
    );
    return Promise.resolve(rows.map((row) => ({
      symbol,
      time: Number(row.trade_timestamp),
      price: Number(row.price),
      volume: Number(row.volume),
      conditions: row.trade_conditions === null ? [] : JSON.parse(String(row.trade_conditions)),
    })));
  }
}
