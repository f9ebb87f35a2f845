import type cassandra from "cassandra-driver";
import type { Average, Candle, MarketReader, SeenTrade, SipCandle } from "../market/reader.ts";
import { type Bar, type BarKind, barOf } from "../market/bars.ts";
import { bucketOf, candlesOf, hourOf, RUNNING_AVERAGE, type SeriesKind } from "../market/series.ts";
import type { StoredSpan } from "../market/following/completeness.ts";
import type { FetchedCandle } from "../market/following/fetched.ts";
import { readFetched } from "./feed/fetched_candles.ts";
import { readSpans } from "./feed/spans.ts";
import type { Session } from "./session.ts";
import { cellOf } from "./trade_store.ts";

/** Partitions that one question reads at most: two months of days, or five years of months. */
const MAX_BUCKETS = 62;
/** Hours that are searched backwards for trades. */
const MAX_HOURS = 72;
const HOUR_MS = 3_600_000;
/** A stored time may lie this much ahead, milliseconds. */
const AHEAD_MS = 2 * 86_400_000;

type Row = cassandra.types.Row;

/**
 * Reads the pipeline's tables. Every query names one partition: a range over midnight or a month's end is one query a bucket,
 * newest first, until there are enough rows.
 */
export class CassandraMarketReader implements MarketReader {
  /** @param now milliseconds since the epoch: no bucket after it is asked for. */
  constructor(readonly session: Session, readonly now: () => number) {}

  async symbols(): Promise<string[]> {
    // The partition keys alone: one a symbol and day.
    const symbols = new Set<string>();
    const result = await this.session.execute("SELECT DISTINCT symbol, bucket FROM running_averages_15_sec");
    // Iterating asks for page after page.
    for await (const row of result) symbols.add(String((row as Row).get("symbol")));
    return [...symbols].sort();
  }

  async candles(
    symbol: string,
    interval: string,
    from: number,
    to: number,
    limit: number,
  ): Promise<Candle[]> {
    return await this.#candles(symbol, candlesOf(interval), from, to, limit) as Candle[];
  }

  sipCandles(
    symbol: string,
    interval: string,
    from: number,
    to: number,
    limit: number,
  ): Promise<SipCandle[]> {
    return this.#candles(symbol, candlesOf(interval, "sip"), from, to, limit);
  }

  async #candles(
    symbol: string,
    kind: SeriesKind | undefined,
    from: number,
    to: number,
    limit: number,
  ): Promise<SipCandle[]> {
    if (!kind) return [];
    const rows = await this.#newest(kind, from, to, limit, (bucket, rest) => [
      "SELECT window_start, open, high, low, close, volume, vwap, trade_count FROM candles WHERE symbol = ? " +
      "AND interval = ? AND bucket = ? AND window_start >= ? AND window_start < ? LIMIT ?",
      [symbol, kind.name, new Date(bucket), new Date(from), new Date(this.#end(to)), rest],
    ]);
    return rows.map((row) => ({
      start: timeOf(row, "window_start"),
      open: priceOf(row, "open"),
      high: priceOf(row, "high"),
      low: priceOf(row, "low"),
      close: priceOf(row, "close"),
      volume: Number(row.get("volume")),
      ...vwapOf(row),
      trades: Number(row.get("trade_count")),
    }));
  }

  feedSpans(symbol: string, from: number, to: number): Promise<StoredSpan[]> {
    return readSpans(this.session, symbol, from, this.#end(to));
  }

  async fetchedCandles(symbol: string, interval: string, from: number, to: number): Promise<FetchedCandle[]> {
    const kind = candlesOf(interval);
    return kind === undefined ? [] : await readFetched(this.session, symbol, kind, from, this.#end(to));
  }

  async bars(symbol: string, kind: BarKind, from: number, to: number, limit: number): Promise<Bar[]> {
    const rows = await this.#newest(kind, from, to, limit, (bucket, rest) => [
      "SELECT hour, number, open, high, low, close, volume, turnover, vwap, trade_count, open_timestamp, close_timestamp " +
      "FROM bars WHERE symbol = ? AND series = ? AND hour = ? LIMIT ?",
      [symbol, kind.name, new Date(bucket), rest],
    ]);
    return rows.map((row) => barOf(kind, cellOf(row)));
  }

  async averages(symbol: string, from: number, to: number, limit: number): Promise<Average[]> {
    const rows = await this.#newest(RUNNING_AVERAGE, from, to, limit, (bucket, rest) => [
      "SELECT window_end, vwap, price_volume_multiply, trade_count FROM running_averages_15_sec WHERE symbol = ? " +
      "AND bucket = ? AND window_end >= ? AND window_end < ? LIMIT ?",
      [symbol, new Date(bucket), new Date(from), new Date(this.#end(to)), rest],
    ]);
    return rows.map((row) => ({
      end: timeOf(row, "window_end"),
      ...vwapOf(row),
      turnover: Number(row.get("price_volume_multiply")),
      trades: Number(row.get("trade_count")),
    }));
  }

  async trades(symbol: string, before: number, limit: number): Promise<SeenTrade[]> {
    const end = this.#end(before);
    const trades: SeenTrade[] = [];
    let hour = hourOf(end - 1);
    for (let i = 0; i < MAX_HOURS && trades.length < limit; i++, hour -= HOUR_MS) {
      const { rows } = await this.session.execute(
        "SELECT trade_timestamp, price, volume, trade_conditions, cancelled FROM trades WHERE symbol = ? AND hour = ? " +
          "AND trade_timestamp < ? LIMIT ?",
        [symbol, new Date(hour), new Date(end), limit - trades.length],
      );
      for (const row of rows) {
        if (row.get("cancelled") !== null) continue;
        trades.push({
          symbol,
          time: timeOf(row, "trade_timestamp"),
          price: Number(row.get("price")),
          volume: Number(row.get("volume")),
          conditions: (row.get("trade_conditions") as string[] | null) ?? [],
        });
      }
    }
    return trades;
  }

  #end(to: number): number {
    return Math.min(to, this.now() + AHEAD_MS);
  }

  /** The newest rows of [from, to), earliest first. */
  async #newest(
    kind: SeriesKind,
    from: number,
    to: number,
    limit: number,
    query: (bucket: number, limit: number) => [string, unknown[]],
  ): Promise<Row[]> {
    const rows: Row[] = [];
    let bucket = bucketOf(kind, this.#end(to) - 1);
    const oldest = bucketOf(kind, from);
    for (let i = 0; i < MAX_BUCKETS && bucket >= oldest && rows.length < limit; i++) {
      const result = await this.session.execute(...query(bucket, limit - rows.length));
      rows.push(...result.rows);
      bucket = bucketOf(kind, bucket - 1);
    }
    return rows.reverse();
  }
}

const timeOf = (row: Row, column: string): number => (row.get(column) as Date).getTime();

const priceOf = (row: Row, column: string): number | null => {
  const value = row.get(column) as number | null;
  return value === null ? null : Number(value);
};

function vwapOf(row: Row): { vwap?: number } {
  const value = row.get("vwap") as number | null;
  // Versions before this one wrote what overflowed.
  return value === null || !Number.isFinite(value) ? {} : { vwap: value };
}
