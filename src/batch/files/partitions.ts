import type { ExportRow, ExportTable } from "./export_rows.ts";

const DAY_MS = 86_400_000;

/** Rows of one symbol and UTC day. */
export interface Partition {
  /** Such as `symbol=AAPL/day=2026-01-31`, as Hive, Spark, DuckDB and Arrow name partitions. */
  folder: string;
  rows: AsyncIterable<ExportRow>;
}

/** Columns of a partition's file: those that its folder has are left out. */
export const columnsWithin = ({ columns }: ExportTable): string[] =>
  columns.filter((name) => name !== "symbol");

/**
 * Rows in partitions by symbol and day, one after the other. They must come symbol after symbol, earliest first; the rows of a
 * partition must be read before the next one is asked for.
 */
export async function* partitioned(rows: AsyncIterable<ExportRow>): AsyncGenerator<Partition> {
  const source = rows[Symbol.asyncIterator]();
  let next = await source.next();
  while (!next.done) {
    const folder = folderOf(next.value);
    const part = async function* () {
      while (!next.done && folderOf(next.value) === folder) {
        yield next.value;
        next = await source.next();
      }
    };
    yield { folder, rows: part() };
  }
}

function folderOf(row: ExportRow): string {
  const time = (row.time ?? row.start ?? row.end) as number;
  const day = new Date(Math.floor(time / DAY_MS) * DAY_MS).toISOString().slice(0, 10);
  return `symbol=${escaped(row.symbol as string)}/day=${day}`;
}

/** A symbol as a part of a path, as a URL has it: no slash, no dot at its beginning, nothing that a file system refuses. */
const escaped = (symbol: string): string =>
  encodeURIComponent(symbol).replaceAll(
    /[.!~*'()]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
