import { Buffer } from "node:buffer";
import cassandra from "cassandra-driver";
import type { BatchStore, Repair, Span, StoredWindow } from "../batch/ports.ts";
import { positionOf } from "../market/position.ts";
import { bucketOf, candlesNamed, HOUR_MS, hourOf, nextBucket, type SeriesKind } from "../market/series.ts";
import type { SeriesKey, StoredTrade, TradeMark, TradeRow } from "../processing/ports.ts";
import type { StoredSpan } from "../market/following/completeness.ts";
import type { FetchedCandle } from "../market/following/fetched.ts";
import { spanBucket } from "../market/following/span.ts";
import { readFetched, writeFetched } from "./feed/fetched_candles.ts";
import { readSpans } from "./feed/spans.ts";
import type { Session } from "./session.ts";
import { BatchLimit, writeWithin } from "./flavours/batch_limit.ts";
import { type CassandraTradeStore, cellOf, isTooLarge } from "./trade_store.ts";
import { BAR_TABLE, sourceValues, tableOf, where, type WindowTable } from "../processing/window_tables.ts";
import { LAST_INDEX } from "../market/bars.ts";

const DAY_MS = 86_400_000;
/** Rows of one page. */
const PAGE = { fetchSize: 5000 };
/** Rows of one write. */
const BATCH_ROWS = 100;

/** The pipeline's tables, for work over long times. Every query but {@linkcode spans} names one partition. */
export class CassandraBatchStore implements BatchStore {
  readonly #limit = new BatchLimit();

  constructor(readonly session: Session, readonly stream: CassandraTradeStore) {}

  async spans(): Promise<Map<string, Span>> {
    const spans = new Map<string, Span>();
    const note = (row: cassandra.types.Row, column: string, lengthMs: number) => {
      const symbol = String(row.get("symbol"));
      const from = (row.get(column) as Date).getTime();
      const old = spans.get(symbol);
      spans.set(symbol, {
        from: Math.min(from, old?.from ?? Infinity),
        to: Math.max(from + lengthMs, old?.to ?? -Infinity),
      });
    };
    // The partition keys alone. Averages of an hour's last trades belong to the hour after it.
    for await (const row of this.#rows("SELECT DISTINCT symbol, hour FROM trades")) {
      note(row, "hour", 2 * HOUR_MS);
    }
    for await (const row of this.#rows("SELECT DISTINCT symbol, bucket FROM running_averages_15_sec")) {
      note(row, "bucket", DAY_MS);
    }
    for await (const row of this.#rows("SELECT DISTINCT symbol, interval, bucket FROM candles")) {
      // An interval that this version does not know may have the longer bucket.
      const daily = candlesNamed(String(row.get("interval")))?.bucket === "day";
      note(row, "bucket", daily ? DAY_MS : 31 * DAY_MS);
    }
    return spans;
  }

  /** How long rows of a table are kept, milliseconds; Infinity for ever. */
  async keptFor(keyspace: string, table: "trades" | "candles"): Promise<number> {
    const { rows } = await this.session.execute(
      "SELECT default_time_to_live FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?",
      [keyspace, table],
    );
    return (Number(rows[0]?.get("default_time_to_live") ?? 0) || Infinity) * 1000;
  }

  trades(symbol: string, from: number, to: number): AsyncIterable<StoredTrade> {
    return this.stream.trades(symbol, from, to);
  }

  feedSpans(symbol: string, from: number, to: number): Promise<StoredSpan[]> {
    return readSpans(this.session, symbol, from, to);
  }

  async fillGap(symbol: string, from: number, at: number, source: string): Promise<void> {
    await this.session.execute(
      "UPDATE feed_gaps SET filled_at = ?, filled_from = ? WHERE symbol = ? AND bucket = ? AND gap_start = ?",
      [new Date(at), source, symbol, new Date(spanBucket(from)), new Date(from)],
    );
  }

  fetchedCandles(symbol: string, kind: SeriesKind, from: number, to: number): Promise<FetchedCandle[]> {
    return readFetched(this.session, symbol, kind, from, to);
  }

  writeFetched(
    symbol: string,
    kind: SeriesKind,
    candles: readonly FetchedCandle[],
    at: number,
  ): Promise<void> {
    return writeFetched(this.session, symbol, kind, candles, at);
  }

  async *windows(symbol: string, kind: SeriesKind, from: number, to: number): AsyncGenerator<StoredWindow> {
    const table = tableOf(kind);
    const columns = [...table.columns.names, ...table.source];
    const written = columns.map((column, i) => `writetime(${column}) AS written_${i}`);
    const query = `SELECT ${[table.key, ...columns, ...written].join(", ")} FROM ${table.table} WHERE ` +
      `${where(table)} AND ${table.key} >= ? AND ${table.key} < ? ORDER BY ${table.key} ASC`;
    for (let bucket = bucketOf(kind, from); bucket < to; bucket = nextBucket(kind, bucket)) {
      const series = table.partition({ symbol, kind, bucket });
      const origin = table.origin(bucket);
      for await (const row of this.#rows(query, [...series, from - origin, to - origin])) {
        yield storedWindow(table, bucket, row);
      }
    }
  }

  async markTrade(symbol: string, time: number, id: Uint8Array, mark: TradeMark): Promise<void> {
    const key = [symbol, new Date(hourOf(time)), new Date(time), new cassandra.types.Uuid(Buffer.from(id))];
    const where = "WHERE symbol = ? AND hour = ? AND trade_timestamp = ? AND uuid = ?";
    const { rows } = await this.session.execute(`SELECT TTL(price) AS left FROM trades ${where}`, key);
    // The mark goes with its trade.
    const left = Number(rows[0]?.get("left") ?? 0);
    await this.session.execute(`UPDATE trades USING TTL ? SET cancelled = ? ${where}`, [left, mark, ...key]);
  }

  writeTrades(symbol: string, hour: number, rows: readonly TradeRow[]): Promise<void> {
    return this.stream.writeTrades(symbol, hour, rows);
  }

  async writeRepairs(series: SeriesKey, repairs: readonly Repair[]): Promise<void> {
    const table = tableOf(series.kind);
    for (let i = 0; i < repairs.length; i += BATCH_ROWS) {
      await writeWithin(this.#limit, repairs.slice(i, i + BATCH_ROWS), async (part) => {
        const queries = part.map((repair) => repairQuery(table, series, repair));
        await this.session.batch(queries, { prepare: true, logged: false, isIdempotent: true });
      }, isTooLarge);
    }
  }

  async *#rows(query: string, params: unknown[] = []): AsyncGenerator<cassandra.types.Row> {
    const result = await this.session.execute(query, params, PAGE);
    // Iterating asks for page after page.
    for await (const row of result) yield row as cassandra.types.Row;
  }
}

function storedWindow(table: WindowTable, bucket: number, row: cassandra.types.Row): StoredWindow {
  const number = cellOf(row);
  let written = 0n;
  for (let i = 0; i < table.columns.names.length + table.source.length; i++) {
    const cell = BigInt((row.get(`written_${i}`) as cassandra.types.Long | null)?.toString() ?? 0);
    if (cell > written) written = cell;
  }
  return {
    key: number(table.key)! + table.origin(bucket),
    values: table.columns.names.map(number),
    partition: number("source_partition") ?? -1,
    complete: positionOf(number("source_epoch") ?? 0, number("source_offset") ?? 0),
    ...(table === BAR_TABLE && { index: number("source_index") ?? LAST_INDEX }),
    written,
  };
}

function repairQuery(
  table: WindowTable,
  series: SeriesKey,
  { aggregate, timestamp, ...row }: Repair,
): { query: string; params: unknown[] } {
  const partition = table.partition(series);
  const key = row.key - table.origin(series.bucket);
  const place = cassandra.types.Long.fromString(timestamp.toString());
  if (!aggregate) {
    const query = `DELETE FROM ${table.table} USING TIMESTAMP ? WHERE ${where(table)} AND ${table.key} = ?`;
    return { query, params: [place, ...partition, key] };
  }
  const columns = [...table.partitionColumns, table.key, ...table.columns.names, ...table.source];
  return {
    query:
      `INSERT INTO ${table.table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")}) ` +
      "USING TIMESTAMP ?",
    // A null takes away a VWAP that should not be there.
    params: [
      ...partition,
      key,
      ...table.columns.values(aggregate).map((value) => value ?? null),
      ...sourceValues(table, row),
      place,
    ],
  };
}
