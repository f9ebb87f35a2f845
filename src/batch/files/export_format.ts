import avro from "avsc";
import { csvLine, harmless, joinCodes, raw } from "./csv.ts";
import type { ExportRow, ExportTable } from "./export_rows.ts";

/** Turns rows, symbol after symbol, into the bytes of a file. */
export type ExportFormat = (table: ExportTable, rows: AsyncIterable<ExportRow>) => AsyncIterable<Uint8Array>;

/** Bytes that are gathered before they are handed on. */
const CHUNK = 65_536;

/** One JSON value a line: of trades a frame each, of windows an object. */
export const ndjson: ExportFormat = (table, rows) =>
  utf8(async function* () {
    for await (const row of valued(table, rows)) yield JSON.stringify(table.value([row])) + "\n";
  }());

/** A table whose first line has the columns' names; conditions are parted by `|`, an absent VWAP is empty. */
export const csv: ExportFormat = (table, rows) => csvTable(table, rows, raw);

/** As {@linkcode csv}, with nothing in it that a spreadsheet would run. */
export const csvForSpreadsheets: ExportFormat = (table, rows) => csvTable(table, rows, harmless);

const csvTable = (table: ExportTable, rows: AsyncIterable<ExportRow>, safe: (text: string) => string) =>
  utf8(async function* () {
    yield csvLine(table.columns);
    for await (const row of rows) {
      yield csvLine(table.columns.map((column) => {
        const value = row[column];
        if (Array.isArray(value)) return safe(joinCodes(value));
        if (typeof value === "boolean") return String(value);
        return typeof value === "string" ? safe(value) : value as number | null ?? undefined;
      }));
    }
  }());

/** An Avro object container file (Avro specification, "Object Container Files"), uncompressed. */
export const avroFile: ExportFormat = async function* (table, rows) {
  const encoder = new avro.streams.BlockEncoder(avro.Type.forSchema(JSON.parse(table.schema)), {
    codec: "null",
  });
  const ready: Uint8Array[] = [];
  let failed: unknown;
  encoder.on("data", (chunk: Uint8Array) => ready.push(chunk));
  encoder.on("error", (error: unknown) => failed = error);
  const ended = new Promise((resolve) => encoder.on("end", resolve).on("error", resolve));
  const write = async (value: unknown) => {
    if (!encoder.write(value)) await new Promise((resolve) => encoder.once("drain", resolve));
    if (failed !== undefined) throw failed;
  };
  for await (const values of together(valued(table, rows), table.perValue)) {
    await write(table.value(values));
    yield* ready.splice(0);
  }
  encoder.end();
  await ended;
  if (failed !== undefined) throw failed;
  yield* ready;
};

async function* valued({ isValue }: ExportTable, rows: AsyncIterable<ExportRow>): AsyncGenerator<ExportRow> {
  for await (const row of rows) if (isValue?.(row) ?? true) yield row;
}

/** Rows in groups of at most `size`, each of one symbol. */
async function* together(rows: AsyncIterable<ExportRow>, size: number): AsyncGenerator<ExportRow[]> {
  let group: ExportRow[] = [];
  for await (const row of rows) {
    if (group.length === size || (group.length > 0 && group[0]!.symbol !== row.symbol)) {
      yield group;
      group = [];
    }
    group.push(row);
  }
  if (group.length > 0) yield group;
}

async function* utf8(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let text = "";
  for await (const line of lines) {
    text += line;
    if (text.length < CHUNK) continue;
    yield encoder.encode(text);
    text = "";
  }
  if (text !== "") yield encoder.encode(text);
}
