import { emptyAggregate } from "../market/aggregate.ts";
import { isBars, LAST_INDEX } from "../market/bars.ts";
import { epochOf, offsetOf, positionOf } from "../market/position.ts";
import { CANDLES, candlesOf, RUNNING_AVERAGE, type SeriesKind } from "../market/series.ts";
import { type WindowColumns, windowColumns } from "../market/window_columns.ts";
import type { SeriesKey, WindowRow } from "./ports.ts";

/** How the rows of one kind of window are laid out, in every store. */
export interface WindowTable {
  table: string;
  /** Clustering column. */
  key: string;
  columns: WindowColumns;
  partitionColumns: readonly string[];
  partition(series: SeriesKey): (string | number)[];
  /** The message up to which a row is complete. */
  source: readonly string[];
  /** What is subtracted from a window's key to have the value of its column. */
  origin(bucket: number): number;
}

/** The message up to which a row is complete. */
export const SOURCE_COLUMNS = ["source_partition", "source_epoch", "source_offset"] as const;

export const CANDLE_TABLE: WindowTable = {
  table: "candles",
  key: "window_start",
  columns: windowColumns(CANDLES[0]!),
  partitionColumns: ["symbol", "interval", "bucket"],
  partition: ({ bucket, kind, symbol }) => [symbol, kind.name, bucket],
  source: SOURCE_COLUMNS,
  origin: () => 0,
};

/** The same table, with prices that no trade of a window may have set. */
const SIP_TABLE: WindowTable = { ...CANDLE_TABLE, columns: windowColumns(candlesOf("1m", "sip")!) };

export const AVERAGE_TABLE: WindowTable = {
  table: "running_averages_15_sec",
  key: "window_end",
  columns: windowColumns(RUNNING_AVERAGE),
  partitionColumns: ["symbol", "bucket"],
  partition: ({ bucket, symbol }) => [symbol, bucket],
  source: SOURCE_COLUMNS,
  origin: () => 0,
};

/** Bars: a message may fill several, so that a row says how much of its last message it has seen. */
export const BAR_TABLE: WindowTable = {
  table: "bars",
  key: "number",
  columns: windowColumns(CANDLES[0]!),
  partitionColumns: ["symbol", "series", "hour"],
  partition: ({ bucket, kind, symbol }) => [symbol, kind.name, bucket],
  source: [...SOURCE_COLUMNS, "source_index"],
  origin: (bucket) => bucket,
};

/** The table of a series. */
export const tableOf = (kind: SeriesKind): WindowTable => {
  if (isBars(kind)) return BAR_TABLE;
  return kind === RUNNING_AVERAGE ? AVERAGE_TABLE : kind.rule === "sip" ? SIP_TABLE : CANDLE_TABLE;
};

/** The values of a row's source columns. */
export const sourceValues = (
  { source }: WindowTable,
  { complete, index, partition }: Pick<WindowRow, "complete" | "index" | "partition">,
): number[] => {
  const values = [partition, epochOf(complete), offsetOf(complete)];
  return source.length > values.length ? [...values, index ?? LAST_INDEX] : values;
};

/** How rows are laid out, once each. */
export const WINDOW_TABLES: readonly WindowTable[] = [CANDLE_TABLE, SIP_TABLE, AVERAGE_TABLE, BAR_TABLE];

/** The condition that names a partition. */
export const where = ({ partitionColumns }: WindowTable): string =>
  partitionColumns.map((column) => `${column} = ?`).join(" AND ");

/**
 * A row as the stream reads it back.
 *
 * @param bucket of its series, milliseconds
 * @param cell a column's number, a time in milliseconds; undefined where there is none
 */
export function windowRow(
  table: WindowTable,
  bucket: number,
  cell: (column: string) => number | undefined,
): WindowRow {
  const number = (column: string) => cell(column) ?? 0;
  const prices = table === AVERAGE_TABLE ? {} : {
    open: number("open"),
    openTime: cell("open_timestamp") ?? Infinity,
    high: cell("high") ?? -Infinity,
    low: cell("low") ?? Infinity,
    close: number("close"),
    closeTime: cell("close_timestamp") ?? -Infinity,
  };
  return {
    key: number(table.key) + table.origin(bucket),
    aggregate: {
      ...emptyAggregate(),
      count: number("trade_count"),
      volume: number("volume"),
      turnover: number("turnover"),
      ...prices,
    },
    partition: number("source_partition"),
    complete: positionOf(number("source_epoch"), number("source_offset")),
    ...(table === BAR_TABLE && { index: number("source_index") }),
  };
}
