import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { ExportFormat } from "./export_format.ts";
import type { ExportRow } from "./export_rows.ts";

/** Rows of a row group: readers skip whole groups by their smallest and largest values. */
const GROUP_ROWS = 50_000;

/** How a column is stored; those with a question mark, and flags, may be absent. Every other one is a double, which may be absent. */
const KINDS: Record<string, "text" | "time" | "count" | "codes" | "flag" | "text?" | "time?"> = {
  symbol: "text",
  interval: "text",
  series: "text",
  hour: "time",
  number: "count",
  full: "flag",
  cancel: "flag",
  id: "text",
  time: "time",
  start: "time",
  end: "time",
  trades: "count",
  conditions: "codes",
  complete: "flag",
  reason: "text",
  until: "time?",
  filled_at: "time?",
  filled_from: "text?",
  source: "text?",
  session: "text",
};

type Schema = ConstructorParameters<typeof ParquetWriter>[0]["schema"];

/** An Apache Parquet file, compressed by Snappy; times are in milliseconds, UTC. */
export const parquet: ExportFormat = (table, rows) => parquetColumns(table.columns, rows);

/**
 * The bytes of a Parquet file of these columns.
 *
 * Source: Apache Parquet format 2.11, "Logical types".
 */
export async function* parquetColumns(
  columns: readonly string[],
  rows: AsyncIterable<ExportRow>,
): AsyncGenerator<Uint8Array> {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({ writer: bytes, schema: schemaOf(columns), createdBy: "finnhub-pipe" });
  // What is handed on is forgotten; the offsets that the footer names go on.
  const taken = () => {
    const chunk = bytes.getBytes().slice();
    bytes.index = 0;
    return chunk;
  };
  let group: ExportRow[] = [];
  const write = async () => {
    const columnData = columns.map((name) => ({ name, data: group.map((row) => valueOf(name, row[name])) }));
    await writer.write({ columnData, rowGroupSize: GROUP_ROWS });
    group = [];
  };
  for await (const row of rows) {
    if (group.push(row) < GROUP_ROWS) continue;
    await write();
    yield taken();
  }
  if (group.length > 0) await write();
  await writer.finish();
  yield taken();
}

function schemaOf(columns: readonly string[]): Schema {
  const fields = columns.flatMap((name): Schema => {
    switch (KINDS[name]) {
      case "text":
        return [{ name, type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "REQUIRED" }];
      case "time":
        return [{ name, type: "INT64", converted_type: "TIMESTAMP_MILLIS", repetition_type: "REQUIRED" }];
      case "text?":
        return [{ name, type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" }];
      case "time?":
        return [{ name, type: "INT64", converted_type: "TIMESTAMP_MILLIS", repetition_type: "OPTIONAL" }];
      case "flag":
        return [{ name, type: "BOOLEAN", repetition_type: "OPTIONAL" }];
      case "count":
        return [{ name, type: "INT64", repetition_type: "REQUIRED" }];
      case "codes":
        return [
          { name, converted_type: "LIST", repetition_type: "REQUIRED", num_children: 1 },
          { name: "list", repetition_type: "REPEATED", num_children: 1 },
          { name: "element", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "REQUIRED" },
        ];
      default:
        return [{ name, type: "DOUBLE", repetition_type: "OPTIONAL" }];
    }
  });
  return [{ name: "root", num_children: columns.length }, ...fields];
}

function valueOf(name: string, value: ExportRow[string] | undefined): unknown {
  switch (KINDS[name]) {
    case "time":
    case "time?":
      return typeof value === "number" ? new Date(value) : undefined;
    case "count":
      return BigInt(value as number);
    default:
      return value ?? undefined;
  }
}
