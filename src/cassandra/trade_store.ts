import { Buffer } from "node:buffer";
import cassandra from "cassandra-driver";
import { type SourceEpoch, writeTimestamp } from "../market/position.ts";
import {
  type FoundTopic,
  type SeriesKey,
  type SpanRow,
  type StoredTrade,
  TRADE_MARKS,
  type TradeRow,
  type TradeStore,
  type WindowRow,
} from "../processing/ports.ts";
import { cassandraAnswer } from "./answers.ts";
import { HOUR_MS, hourOf } from "../market/series.ts";
import { BatchLimit, writeWithin } from "./flavours/batch_limit.ts";
import { PackedValues } from "./packed_values.ts";
import { followTopic, readEpochs } from "./source_epochs.ts";
import { spanInsert } from "./feed/spans.ts";
import type { Session } from "./session.ts";
import {
  sourceValues,
  tableOf,
  where,
  WINDOW_TABLES,
  windowRow,
  type WindowTable,
} from "../processing/window_tables.ts";

const INSERT_TRADE =
  "INSERT INTO trades (symbol, hour, trade_timestamp, uuid, price, volume, trade_conditions, ingest_timestamp) " +
  "VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

/** Rows of one page. */
const PAGE = { fetchSize: 5000 };
/** Bytes of a trade's fixed columns: two timestamps, two doubles and the uuid. */
const TRADE_BYTES = 4 * 8 + 16;

function insertWindow({ columns, key, partitionColumns, source, table }: WindowTable): string {
  const all = [...partitionColumns, key, ...columns.names, ...source];
  return `INSERT INTO ${table} (${all.join(", ")}) VALUES (${
    all.map(() => "?").join(", ")
  }) USING TIMESTAMP ?`;
}

const INSERTS = new Map(WINDOW_TABLES.map((table) => [table, insertWindow(table)]));

/**
 * Rows in Cassandra. Each write is one unlogged batch within one partition, which the server applies as a single
 * mutation: atomic, and outside the batch size warning, which counts batches over several partitions only.
 */
export class CassandraTradeStore implements TradeStore {
  readonly #fullBatch: string;
  readonly #trades = new BatchLimit();
  readonly #windows = new BatchLimit();

  /** @param batchRows Size of a full batch; the driver handles those in a third less time than others. */
  constructor(readonly session: Session, readonly batchRows: number) {
    this.#fullBatch = unloggedBatch(INSERT_TRADE, batchRows);
  }

  writeTrades(symbol: string, hour: number, rows: readonly TradeRow[]): Promise<void> {
    return writeWithin(this.#trades, rows, (part) => this.#writeTrades(symbol, hour, part), isTooLarge);
  }

  async #writeTrades(symbol: string, hour: number, rows: readonly TradeRow[]): Promise<void> {
    const values = new PackedValues(8 + rows.length * TRADE_BYTES);
    const partition = [Buffer.from(symbol), values.timestamp(hour)];
    const params = rows.map(({ conditions, id, ingested, price, time, volume }) => [
      ...partition,
      values.timestamp(time),
      values.bytes(id),
      values.double(price),
      values.double(volume),
      // A null would be stored as a tombstone; an unset column costs nothing.
      conditions ?? cassandra.types.unset,
      ingested === undefined ? cassandra.types.unset : values.timestamp(ingested),
    ]);
    if (rows.length === this.batchRows) await this.session.execute(this.#fullBatch, params.flat());
    else await this.#batch(params.map((row) => ({ query: INSERT_TRADE, params: row })));
  }

  writeWindows(series: SeriesKey, rows: readonly WindowRow[]): Promise<void> {
    return writeWithin(this.#windows, rows, (part) => this.#writeWindows(series, part), isTooLarge);
  }

  async #writeWindows(series: SeriesKey, rows: readonly WindowRow[]): Promise<void> {
    const table = tableOf(series.kind);
    const query = INSERTS.get(table)!;
    const partition = table.partition(series);
    const origin = table.origin(series.bucket);
    await this.#batch(rows.map((row) => ({
      query,
      params: [
        ...partition,
        row.key - origin,
        ...table.columns.values(row.aggregate).map((value) => value ?? cassandra.types.unset),
        ...sourceValues(table, row),
        writeTimestamp(row.complete),
      ],
    })));
  }

  writeSpans(rows: readonly SpanRow[]): Promise<void> {
    return writeWithin(this.#windows, rows, (part) => this.#batch(part.map(spanInsert)), isTooLarge);
  }

  async readWindows(series: SeriesKey, keys: readonly number[]): Promise<WindowRow[]> {
    const table = tableOf(series.kind);
    const columns = [table.key, ...table.columns.names, ...table.source].join(", ");
    const origin = table.origin(series.bucket);
    const result = await this.session.execute(
      `SELECT ${columns} FROM ${table.table} WHERE ${where(table)} AND ${table.key} IN ?`,
      [...table.partition(series), keys.map((key) => key - origin)],
    );
    return result.rows.map((row) => windowRow(table, series.bucket, cellOf(row)));
  }

  async newestKey(series: SeriesKey): Promise<number | undefined> {
    const table = tableOf(series.kind);
    const result = await this.session.execute(
      `SELECT ${table.key} FROM ${table.table} WHERE ${where(table)} LIMIT 1`,
      table.partition(series),
    );
    const [row] = result.rows;
    return row && cellOf(row)(table.key)! + table.origin(series.bucket);
  }

  async *trades(symbol: string, from: number, to: number): AsyncGenerator<StoredTrade> {
    for (let hour = hourOf(from); hour < to; hour += HOUR_MS) {
      const result = await this.session.execute(
        "SELECT trade_timestamp, uuid, price, volume, trade_conditions, cancelled FROM trades WHERE symbol = ? AND hour = ? " +
          "AND trade_timestamp >= ? AND trade_timestamp < ? ORDER BY trade_timestamp ASC, uuid ASC",
        [symbol, new Date(hour), new Date(from), new Date(to)],
        PAGE,
      );
      // Iterating asks for page after page.
      for await (const row of result) {
        const trade = storedTrade(row as cassandra.types.Row);
        if (trade) yield trade;
      }
    }
  }

  async begun(): Promise<Map<string, number>> {
    const { rows } = await this.session.execute("SELECT name, complete_from FROM series");
    return new Map(
      rows.map((row) => [String(row.get("name")), (row.get("complete_from") as Date).getTime()]),
    );
  }

  sourceEpochs(topic: string): Promise<SourceEpoch[]> {
    return readEpochs(this.session, topic);
  }

  followTopic(topic: string, found: FoundTopic): Promise<boolean> {
    return followTopic(this.session, topic, found);
  }

  async #batch(queries: { query: string; params: unknown[] }[]): Promise<void> {
    const [only] = queries;
    if (queries.length === 1) await this.session.execute(only!.query, only!.params);
    else await this.session.batch(queries, { prepare: true, logged: false, isIdempotent: true });
  }
}

/** A raw trade; undefined where only its mark is left of it, which may live on when the trade has expired. */
function storedTrade(row: cassandra.types.Row): StoredTrade | undefined {
  const price = row.get("price") as number | null;
  if (price === null) return undefined;
  const mark = TRADE_MARKS.find((mark) => mark === row.get("cancelled"));
  return {
    id: (row.get("uuid") as cassandra.types.Uuid).getBuffer(),
    time: (row.get("trade_timestamp") as Date).getTime(),
    price: Number(price),
    volume: Number(row.get("volume")),
    conditions: (row.get("trade_conditions") as string[] | null) ?? [],
    ...(mark && { cancelled: mark }),
  };
}

/** Whether a write was refused because of its size: a smaller one is taken. */
export const isTooLarge = (error: unknown): boolean => cassandraAnswer(error).answer === "split";

/** A column's number, milliseconds of a time; undefined for null. */
export const cellOf = (row: cassandra.types.Row) => (column: string): number | undefined => {
  const value = row.get(column) as number | Date | cassandra.types.Long | null;
  if (value === null) return undefined;
  return value instanceof Date ? value.getTime() : Number(value);
};

/**
 * One statement of many, to be prepared as a whole: the driver then frames a request a batch, not a request a row, and
 * makes half the objects.
 */
const unloggedBatch = (insert: string, rows: number): string =>
  `BEGIN UNLOGGED BATCH ${`${insert}; `.repeat(rows)}APPLY BATCH`;
