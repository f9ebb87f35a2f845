import { Buffer } from "node:buffer";
import cassandra from "cassandra-driver";
import { meanTurnover, vwap } from "../market/aggregate.ts";
import { epochOf, offsetOf, positionOf, type SourceEpoch, writeTimestamp } from "../market/position.ts";
import { RUNNING_AVERAGE, type SeriesKind } from "../market/series.ts";
import type { SeriesKey, TradeRow, TradeStore, WindowRow } from "../processing/ports.ts";
import { PackedValues } from "./packed_values.ts";
import { readEpochs } from "./source_epochs.ts";
import type { Session } from "./session.ts";

const INSERT_TRADE =
  "INSERT INTO trades (symbol, hour, trade_timestamp, uuid, price, volume, trade_conditions, ingest_timestamp) " +
  "VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

/** Bytes of a trade's fixed columns: two timestamps, two doubles and the uuid. */
const TRADE_BYTES = 4 * 8 + 16;

/** How the rows of one kind of window are laid out in their table. */
interface WindowTable {
  table: string;
  /** Clustering column. */
  key: string;
  /** Columns that hold the aggregate, in the order of `values`. */
  columns: readonly string[];
  values(row: WindowRow): unknown[];
  partitionColumns: readonly string[];
  partition(series: SeriesKey): unknown[];
}

const SOURCE_COLUMNS = ["source_partition", "source_epoch", "source_offset"] as const;

const CANDLES: WindowTable = {
  table: "candles",
  key: "window_start",
  columns: [
    "trade_count",
    "volume",
    "turnover",
    "vwap",
    "open",
    "high",
    "low",
    "close",
    "open_timestamp",
    "close_timestamp",
  ],
  values: ({ aggregate }) => [
    aggregate.count,
    aggregate.volume,
    aggregate.turnover,
    vwap(aggregate),
    aggregate.open,
    aggregate.high,
    aggregate.low,
    aggregate.close,
    aggregate.openTime,
    aggregate.closeTime,
  ],
  partitionColumns: ["symbol", "interval", "bucket"],
  partition: ({ bucket, kind, symbol }) => [symbol, kind.name, bucket],
};

const AVERAGES: WindowTable = {
  table: "running_averages_15_sec",
  key: "window_end",
  columns: ["trade_count", "volume", "turnover", "vwap", "price_volume_multiply"],
  values: ({ aggregate }) => [
    aggregate.count,
    aggregate.volume,
    aggregate.turnover,
    vwap(aggregate),
    meanTurnover(aggregate),
  ],
  partitionColumns: ["symbol", "bucket"],
  partition: ({ bucket, symbol }) => [symbol, bucket],
};

const tableOf = (kind: SeriesKind): WindowTable => kind === RUNNING_AVERAGE ? AVERAGES : CANDLES;

function insertWindow({ columns, key, partitionColumns, table }: WindowTable): string {
  const all = [...partitionColumns, key, ...columns, ...SOURCE_COLUMNS];
  return `INSERT INTO ${table} (${all.join(", ")}) VALUES (${
    all.map(() => "?").join(", ")
  }) USING TIMESTAMP ?`;
}

const INSERTS = new Map([CANDLES, AVERAGES].map((table) => [table, insertWindow(table)]));

/**
 * Rows in Cassandra. Each write is one unlogged batch within one partition, which the server applies as a single
 * mutation: atomic, and outside the batch size warning, which counts batches over several partitions only.
 */
export class CassandraTradeStore implements TradeStore {
  readonly #fullBatch: string;

  /** @param batchRows Size of a full batch; the driver handles those in a third less time than others. */
  constructor(readonly session: Session, readonly batchRows: number) {
    this.#fullBatch = unloggedBatch(INSERT_TRADE, batchRows);
  }

  async writeTrades(symbol: string, hour: number, rows: readonly TradeRow[]): Promise<void> {
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
      values.timestamp(ingested),
    ]);
    if (rows.length === this.batchRows) await this.session.execute(this.#fullBatch, params.flat());
    else await this.#batch(params.map((row) => ({ query: INSERT_TRADE, params: row })));
  }

  async writeWindows(series: SeriesKey, rows: readonly WindowRow[]): Promise<void> {
    const table = tableOf(series.kind);
    const query = INSERTS.get(table)!;
    const partition = table.partition(series);
    await this.#batch(rows.map((row) => ({
      query,
      params: [
        ...partition,
        row.key,
        ...table.values(row).map((value) => value ?? cassandra.types.unset),
        row.partition,
        epochOf(row.complete),
        offsetOf(row.complete),
        writeTimestamp(row.complete),
      ],
    })));
  }

  async readWindows(series: SeriesKey, keys: readonly number[]): Promise<WindowRow[]> {
    const table = tableOf(series.kind);
    const columns = [table.key, ...table.columns, ...SOURCE_COLUMNS].join(", ");
    const result = await this.session.execute(
      `SELECT ${columns} FROM ${table.table} WHERE ${where(table)} AND ${table.key} IN ?`,
      [...table.partition(series), keys],
    );
    return result.rows.map((row) => windowRow(table, row));
  }

  async newestKey(series: SeriesKey): Promise<number | undefined> {
    const table = tableOf(series.kind);
    const result = await this.session.execute(
      `SELECT ${table.key} FROM ${table.table} WHERE ${where(table)} LIMIT 1`,
      table.partition(series),
    );
    return (result.rows[0]?.get(table.key) as Date | undefined)?.getTime();
  }

  sourceEpochs(topic: string): Promise<SourceEpoch[]> {
    return readEpochs(this.session, topic);
  }

  async #batch(queries: { query: string; params: unknown[] }[]): Promise<void> {
    const [only] = queries;
    if (queries.length === 1) await this.session.execute(only!.query, only!.params);
    else await this.session.batch(queries, { prepare: true, logged: false, isIdempotent: true });
  }
}

/**
 * One statement of many, to be prepared as a whole: the driver then frames a request a batch, not a request a row, and
 * makes half the objects.
 */
const unloggedBatch = (insert: string, rows: number): string =>
  `BEGIN UNLOGGED BATCH ${`${insert}; `.repeat(rows)}APPLY BATCH`;

const where = ({ partitionColumns }: WindowTable): string =>
  partitionColumns.map((column) => `${column} = ?`).join(" AND ");

function windowRow(table: WindowTable, row: cassandra.types.Row): WindowRow {
  const double = (column: string) => Number(row.get(column) ?? 0);
  const time = (column: string, absent: number) => (row.get(column) as Date | null)?.getTime() ?? absent;
  const candle = table === CANDLES;
  return {
    key: time(table.key, 0),
    aggregate: {
      count: double("trade_count"),
      volume: double("volume"),
      turnover: double("turnover"),
      open: candle ? double("open") : 0,
      openTime: candle ? time("open_timestamp", Infinity) : Infinity,
      high: candle ? double("high") : -Infinity,
      low: candle ? double("low") : Infinity,
      close: candle ? double("close") : 0,
      closeTime: candle ? time("close_timestamp", -Infinity) : -Infinity,
    },
    partition: double("source_partition"),
    complete: positionOf(double("source_epoch"), double("source_offset")),
  };
}
