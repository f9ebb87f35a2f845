import type cassandra from "cassandra-driver";
import { positionOf } from "../market/position.ts";
import { CANDLES as INTERVALS, RUNNING_AVERAGE, type SeriesKind } from "../market/series.ts";
import { type WindowColumns, windowColumns } from "../market/window_columns.ts";
import type { SeriesKey, WindowRow } from "../processing/ports.ts";

/** How the rows of one kind of window are laid out in their table. */
export interface WindowTable {
  table: string;
  /** Clustering column. */
  key: string;
  columns: WindowColumns;
  partitionColumns: readonly string[];
  partition(series: SeriesKey): unknown[];
}

/** The message up to which a row is complete. */
export const SOURCE_COLUMNS = ["source_partition", "source_epoch", "source_offset"] as const;

export const CANDLES: WindowTable = {
  table: "candles",
  key: "window_start",
  columns: windowColumns(INTERVALS[0]!),
  partitionColumns: ["symbol", "interval", "bucket"],
  partition: ({ bucket, kind, symbol }) => [symbol, kind.name, bucket],
};

export const AVERAGES: WindowTable = {
  table: "running_averages_15_sec",
  key: "window_end",
  columns: windowColumns(RUNNING_AVERAGE),
  partitionColumns: ["symbol", "bucket"],
  partition: ({ bucket, symbol }) => [symbol, bucket],
};

/** The table of a series. */
export const tableOf = (kind: SeriesKind): WindowTable => kind === RUNNING_AVERAGE ? AVERAGES : CANDLES;

/** The condition that names a partition. */
export const where = ({ partitionColumns }: WindowTable): string =>
  partitionColumns.map((column) => `${column} = ?`).join(" AND ");

/** A row as the stream reads it back. */
export function windowRow(table: WindowTable, row: cassandra.types.Row): WindowRow {
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
