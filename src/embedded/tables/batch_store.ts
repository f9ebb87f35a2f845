import type { BatchStore, Repair, Span, StoredWindow } from "../../batch/ports.ts";
import { positionOf, writeTimestamp } from "../../market/position.ts";
import { bucketOf, candlesNamed, HOUR_MS, hourOf, nextBucket, type SeriesKind } from "../../market/series.ts";
import type { StoredSpan } from "../../market/following/completeness.ts";
import type { FetchedCandle } from "../../market/following/fetched.ts";
import { spanBucket } from "../../market/following/span.ts";
import { symbolFault } from "../../market/symbol.ts";
import type { SeriesKey, StoredTrade, TradeMark, TradeRow } from "../../processing/ports.ts";
import { sourceValues, tableOf, where, type WindowTable } from "../../processing/window_tables.ts";
import type { Database } from "../database.ts";
import { readFetched, writeFetched } from "./fetched_candles.ts";
import { readSpans } from "./feed_spans.ts";
import { markOf } from "./stored_trades.ts";
import { codesOf } from "./market_reader.ts";
import { type SqliteStore, upsertOf } from "./store.ts";

const DAY_MS = 86_400_000;
/** Rows of one page: between two, whoever else uses the file may write. */
const PAGE = 5000;

type Row = Record<string, unknown>;

/** The embedded tables, for work over long times. What is not as this program writes it is passed over. */
export class SqliteBatchStore implements BatchStore {
  /** @param now milliseconds since the epoch */
  constructor(readonly database: Database, readonly stream: SqliteStore, readonly now: () => number) {}

  // deno-lint-ignore require-await -- what it throws is a rejection
  async spans(): Promise<Map<string, Span>> {
    const spans = new Map<string, Span>();
    const note = (symbol: unknown, from: unknown, to: unknown, lengthMs: number) => {
      if (
        typeof symbol !== "string" || symbolFault(symbol) !== undefined || !isNumber(from) || !isNumber(to)
      ) {
        return this.database.passOver("a symbol");
      }
      const old = spans.get(symbol);
      spans.set(symbol, {
        from: Math.min(from, old?.from ?? Infinity),
        to: Math.max(to + lengthMs, old?.to ?? -Infinity),
      });
    };
    // Averages of an hour's last trades belong to the hour after it.
    for (const row of this.#extremes("trades", "hour")) note(row.symbol, row.first, row.last, 2 * HOUR_MS);
    for (const row of this.#extremes("running_averages_15_sec", "bucket")) {
      note(row.symbol, row.first, row.last, DAY_MS);
    }
    const candles = this.database.all(
      "SELECT symbol, interval, MIN(bucket) AS first, MAX(bucket) AS last FROM candles GROUP BY symbol, interval",
    );
    for (const { first, interval, last, symbol } of candles) {
      const daily = candlesNamed(String(interval))?.bucket === "day";
      note(symbol, first, last, daily ? DAY_MS : 31 * DAY_MS);
    }
    return spans;
  }

  async *trades(symbol: string, from: number, to: number): AsyncGenerator<StoredTrade> {
    let after: [hour: number, time: number, id: Uint8Array] = [hourOf(from), from, new Uint8Array(0)];
    for (;;) {
      const rows = this.database.all(
        "SELECT hour, trade_timestamp, uuid, price, volume, trade_conditions, cancelled FROM trades WHERE symbol = ? " +
          "AND (hour, trade_timestamp, uuid) > (?, ?, ?) AND (hour, trade_timestamp) < (?, ?) " +
          `ORDER BY hour, trade_timestamp, uuid LIMIT ${PAGE}`,
        symbol,
        ...after,
        hourOf(to),
        to,
      );
      for (const row of rows) {
        const trade = storedTrade(row);
        if (trade) yield trade;
        else this.database.passOver("a row of trades");
      }
      const last = rows.at(-1);
      if (rows.length < PAGE || last === undefined) return;
      after = [Number(last.hour), Number(last.trade_timestamp), last.uuid as Uint8Array];
    }
  }

  // deno-lint-ignore require-await -- what it throws is a rejection
  async feedSpans(symbol: string, from: number, to: number): Promise<StoredSpan[]> {
    return readSpans(this.database, symbol, from, to);
  }

  // deno-lint-ignore require-await -- what it throws is a rejection
  async fillGap(symbol: string, from: number, at: number, source: string): Promise<void> {
    this.database.run(
      "UPDATE feed_gaps SET filled_at = ?, filled_from = ? WHERE symbol = ? AND bucket = ? AND gap_start = ?",
      at,
      source,
      symbol,
      spanBucket(from),
      from,
    );
  }

  // deno-lint-ignore require-await -- what it throws is a rejection
  async fetchedCandles(symbol: string, kind: SeriesKind, from: number, to: number): Promise<FetchedCandle[]> {
    return readFetched(this.database, symbol, kind, from, to);
  }

  // deno-lint-ignore require-await -- what it throws is a rejection
  async writeFetched(
    symbol: string,
    kind: SeriesKind,
    candles: readonly FetchedCandle[],
    at: number,
  ): Promise<void> {
    return writeFetched(this.database, symbol, kind, candles, at);
  }

  async *windows(symbol: string, kind: SeriesKind, from: number, to: number): AsyncGenerator<StoredWindow> {
    const table = tableOf(kind);
    // As text: foreign content may be more than a number holds.
    const columns = [...columnsOf(table), "CAST(written AS TEXT) AS written", "repair"].join(", ");
    for (let bucket = bucketOf(kind, from); bucket < to; bucket = nextBucket(kind, bucket)) {
      const rows = this.database.all(
        `SELECT ${columns} FROM ${table.table} WHERE ${
          where(table)
        } AND ${table.key} >= ? AND ${table.key} < ? ` +
          `ORDER BY ${table.key}`,
        ...table.partition({ symbol, kind, bucket }),
        from - table.origin(bucket),
        to - table.origin(bucket),
      );
      for (const row of rows) {
        const window = storedWindow(table, bucket, row);
        if (window) yield window;
        else this.database.passOver(`a row of ${table.table}`);
      }
    }
  }

  // deno-lint-ignore require-await -- what it throws is a rejection
  async markTrade(symbol: string, time: number, id: Uint8Array, mark: TradeMark): Promise<void> {
    this.database.run(
      "UPDATE trades SET cancelled = ? WHERE symbol = ? AND hour = ? AND trade_timestamp = ? AND uuid = ?",
      mark,
      symbol,
      hourOf(time),
      time,
      id,
    );
  }

  writeTrades(symbol: string, hour: number, rows: readonly TradeRow[]): Promise<void> {
    // Kept from now on: by their own time they might be forgotten before their windows are made.
    const ingested = this.now();
    return this.stream.writeTrades(
      symbol,
      hour,
      rows.map((row) => ({ ...row, ingested: row.ingested ?? ingested })),
    );
  }

  // deno-lint-ignore require-await -- what it throws is a rejection
  async writeRepairs(series: SeriesKey, repairs: readonly Repair[]): Promise<void> {
    const table = tableOf(series.kind);
    const partition = table.partition(series);
    const upsert = this.database.prepare(upsertOf(table));
    const remove = this.database.prepare(
      `DELETE FROM ${table.table} WHERE ${where(table)} AND ${table.key} = ? AND (written, repair) <= (?, ?)`,
    );
    this.database.transaction(() => {
      for (const { aggregate, timestamp, ...row } of repairs) {
        const place = placeOf(timestamp);
        const key = row.key - table.origin(series.bucket);
        if (aggregate === undefined) remove.run(...partition, key, ...place);
        else {
          upsert.run(
            ...partition,
            key,
            ...table.columns.values(aggregate).map((value) => value ?? null),
            ...sourceValues(table, row),
            ...place,
          );
        }
      }
    });
  }

  /** First and last place of each symbol, found by skipping from one to the next in the table's order. */
  #extremes(table: string, column: string): Row[] {
    return this.database.all(
      `WITH RECURSIVE s(symbol) AS (SELECT MIN(symbol) FROM ${table} UNION ALL ` +
        `SELECT (SELECT MIN(symbol) FROM ${table} WHERE symbol > s.symbol) FROM s WHERE s.symbol IS NOT NULL) ` +
        `SELECT symbol, (SELECT MIN(${column}) FROM ${table} t WHERE t.symbol = s.symbol) AS first, ` +
        `(SELECT MAX(${column}) FROM ${table} t WHERE t.symbol = s.symbol) AS last ` +
        "FROM s WHERE symbol IS NOT NULL",
    );
  }
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/** Write timestamps of one position. */
const EACH = BigInt(writeTimestamp(1));

/** A write timestamp as the tables have it: twice the position, and which repair of it this is. */
const placeOf = (timestamp: bigint): [written: bigint, repair: bigint] => [
  2n * (timestamp / EACH),
  timestamp % EACH,
];

function timestampOf({ repair, written }: Row): bigint | undefined {
  if (!/^\d{1,19}$/.test(String(written)) || !Number.isSafeInteger(repair) || !(Number(repair) >= 0)) {
    return undefined;
  }
  return BigInt(String(written)) / 2n * EACH + BigInt(Number(repair));
}

function storedTrade(row: Row): StoredTrade | undefined {
  const { cancelled, price, trade_timestamp: time, uuid: id, volume } = row;
  const conditions = codesOf(row.trade_conditions);
  if (!(id instanceof Uint8Array) || id.length !== 16 || conditions === undefined) return undefined;
  return isNumber(time) && isNumber(price) && isNumber(volume)
    ? { id, time, price, volume, conditions, ...markOf(cancelled) }
    : undefined;
}

const columnsOf = (table: WindowTable) => [table.key, ...table.columns.names, ...table.source];

function storedWindow(table: WindowTable, bucket: number, row: Row): StoredWindow | undefined {
  const cells = columnsOf(table).map((column) => row[column] ?? undefined);
  const written = timestampOf(row);
  if (written === undefined || !cells.every((cell) => cell === undefined || isNumber(cell))) return undefined;
  const [key, ...rest] = cells as (number | undefined)[];
  const [partition, epoch, offset, index] = rest.splice(-table.source.length);
  if (key === undefined) return undefined;
  try {
    return {
      key: key + table.origin(bucket),
      values: rest,
      partition: partition ?? -1,
      complete: positionOf(epoch ?? 0, offset ?? 0),
      ...(index !== undefined && { index }),
      written,
    };
  } catch {
    return undefined;
  }
}
