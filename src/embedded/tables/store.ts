import type { SourceEpoch } from "../../market/position.ts";
import type {
  SeriesKey,
  SpanRow,
  StoredTrade,
  TradeRow,
  TradeStore,
  WindowRow,
} from "../../processing/ports.ts";
import { sourceValues, tableOf, where, windowRow, type WindowTable } from "../../processing/window_tables.ts";
import type { Database } from "../database.ts";
import type { SeriesKind } from "../../market/series.ts";
import { storedTrades } from "./stored_trades.ts";
import { SPAN_UPSERTS, spanValues } from "./feed_spans.ts";
import type { RefusedRows } from "./refused_rows.ts";

/**
 * The statement's condition is what `USING TIMESTAMP` is in Cassandra: an owner left behind overwrites nothing newer. `written`
 * is twice the position, as the files of earlier versions have it.
 */
export function upsertOf({ columns, key, partitionColumns, source, table }: WindowTable): string {
  const values = [...columns.names, ...source, "written", "repair"];
  const all = [...partitionColumns, key, ...values];
  return `INSERT INTO ${table} (${all.join(", ")}) VALUES (${all.map(() => "?").join(", ")}) ` +
    `ON CONFLICT DO UPDATE SET ${values.map((name) => `${name} = excluded.${name}`).join(", ")} ` +
    `WHERE (excluded.written, excluded.repair) >= (${table}.written, ${table}.repair)`;
}

/** More is no layout of ours. */
const MAX_STARTS = 100_000;

/** The tables that the pipeline keeps in Cassandra, in SQLite, with the same guarantees. A write is one transaction. */
export class SqliteStore implements TradeStore {
  constructor(readonly database: Database, readonly refused: RefusedRows) {}

  writeTrades(symbol: string, hour: number, rows: readonly TradeRow[]): Promise<void> {
    const insert = this.database.prepare(
      "INSERT INTO trades (symbol, hour, trade_timestamp, uuid, price, volume, trade_conditions, ingest_timestamp) " +
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET price = excluded.price, volume = excluded.volume, " +
        "trade_conditions = excluded.trade_conditions, ingest_timestamp = excluded.ingest_timestamp",
    );
    return this.#write("trades", rows, ({ conditions, id, ingested, price, time, volume }) => {
      insert.run(
        symbol,
        hour,
        time,
        id,
        price,
        volume,
        conditions ? JSON.stringify(conditions) : null,
        // Trades are forgotten by it.
        ingested ?? time,
      );
    });
  }

  writeWindows(series: SeriesKey, rows: readonly WindowRow[]): Promise<void> {
    const table = tableOf(series.kind);
    const upsert = this.database.prepare(upsertOf(table));
    return this.#write(table.table, rows, (row) => {
      upsert.run(
        ...table.partition(series),
        row.key - table.origin(series.bucket),
        ...table.columns.values(row.aggregate).map((value) => value ?? null),
        ...sourceValues(table, row),
        2 * row.complete,
        0,
      );
    });
  }

  writeSpans(rows: readonly SpanRow[]): Promise<void> {
    const { sql, table } = SPAN_UPSERTS[rows[0]!.span.kind];
    const upsert = this.database.prepare(sql);
    return this.#write(table, rows, (row) => upsert.run(...spanValues(row)));
  }

  // deno-lint-ignore require-await -- what it throws is a rejection
  async readWindows(series: SeriesKey, keys: readonly number[]): Promise<WindowRow[]> {
    const table = tableOf(series.kind);
    // One statement for any number of keys: a list of question marks would be prepared anew for each length.
    const rows = this.database.all(
      `SELECT * FROM ${table.table} WHERE ${
        where(table)
      } AND ${table.key} IN (SELECT value FROM json_each(?))`,
      ...table.partition(series),
      JSON.stringify(keys.map((key) => key - table.origin(series.bucket))),
    );
    return rows.map((row) => windowRow(table, series.bucket, this.#cellOf(row)));
  }

  // deno-lint-ignore require-await -- what it throws is a rejection
  async newestKey(series: SeriesKey): Promise<number | undefined> {
    const table = tableOf(series.kind);
    const [row] = this.database.all(
      `SELECT MAX(${table.key}) AS newest FROM ${table.table} WHERE ${where(table)}`,
      ...table.partition(series),
    );
    const newest = this.#cellOf(row!)("newest");
    return newest === undefined ? undefined : newest + table.origin(series.bucket);
  }

  async *trades(symbol: string, from: number, to: number): AsyncGenerator<StoredTrade> {
    yield* storedTrades(this.database, symbol, from, to);
  }

  // deno-lint-ignore require-await -- what it throws is a rejection
  async begun(): Promise<Map<string, number>> {
    const rows = this.database.all("SELECT name, complete_from FROM series LIMIT 1000");
    return new Map(rows.map((row) => [String(row.name), Number(row.complete_from)]));
  }

  /** Records the series that are kept from now on, beside those that are known; milliseconds. */
  recordSeries(series: readonly SeriesKind[], now: number): void {
    for (const { name } of series) {
      this.database.run(
        "INSERT INTO series (name, complete_from) SELECT ?, CASE WHEN EXISTS (SELECT 1 FROM trades) THEN ? ELSE 0 END " +
          "WHERE true ON CONFLICT DO NOTHING",
        name,
        now,
      );
    }
  }

  // deno-lint-ignore require-await -- what it throws is a rejection
  async sourceEpochs(topic: string): Promise<SourceEpoch[]> {
    return this.database.all("SELECT epoch, starts FROM source_epochs WHERE topic = ? ORDER BY epoch", topic)
      .map(({ epoch, starts }) => {
        const offsets = offsetsOf(starts);
        if (offsets === undefined || !Number.isSafeInteger(epoch)) {
          throw this.database.fail("epochs of the log");
        }
        return { epoch: Number(epoch), starts: offsets };
      });
  }

  /** Records the one life that an embedded log has, above those of every other one of the database. */
  recordEpoch(topic: string, partitions: number): void {
    this.database.run(
      "INSERT INTO source_epochs (topic, epoch, starts) SELECT ?1, COALESCE(MAX(epoch), 0) + 1, ?2 FROM source_epochs " +
        "HAVING NOT EXISTS (SELECT 1 FROM source_epochs WHERE topic = ?1)",
      topic,
      JSON.stringify(new Array(partitions).fill(0)),
    );
  }

  #write<T>(table: string, rows: readonly T[], write: (row: T) => void): Promise<void> {
    try {
      this.refused.write(table, rows, write);
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #cellOf(row: Record<string, unknown>): (column: string) => number | undefined {
    return (column) => {
      const value = row[column];
      if (value === null) return undefined;
      if (typeof value !== "number") throw this.database.fail(`${column} of a window`);
      return value;
    };
  }
}

/** Offsets that are kept as JSON; undefined for what is none. */
function offsetsOf(text: unknown): number[] | undefined {
  try {
    const offsets: unknown = JSON.parse(String(text));
    if (!Array.isArray(offsets) || offsets.length > MAX_STARTS) return undefined;
    return offsets.every((offset) => Number.isSafeInteger(offset) && offset >= 0) ? offsets : undefined;
  } catch {
    return undefined;
  }
}
