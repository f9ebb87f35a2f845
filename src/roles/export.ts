import { avroFile, csv, csvForSpreadsheets, ndjson } from "../batch/files/export_format.ts";
import {
  AVERAGES,
  candleTable,
  type ExportRow,
  type ExportTable,
  GAPS,
  TRADES,
} from "../batch/files/export_rows.ts";
import { barTable } from "../batch/bars/export_bars.ts";
import { parquet, parquetColumns } from "../batch/files/parquet.ts";
import { columnsWithin, partitioned } from "../batch/files/partitions.ts";
import { writeWhole } from "../batch/files/private_file.ts";
import type { BatchStore, Span } from "../batch/ports.ts";
import { spansOf } from "../batch/units.ts";
import type { RoleContext } from "../command/role.ts";
import { barsOf } from "../market/bars.ts";
import { EARLIEST_TRADE_MS, FUTURE_TOLERANCE_MS } from "../market/trade.ts";
import { DatabaseError } from "../embedded/database_error.ts";
import { type BatchPlaceSettings, openBatchPlace } from "./batch_place.ts";
import { FILES } from "./files.ts";
import { type CandleSettings, candlesOfSettings } from "../settings/candles.ts";
import { timeOf } from "../settings/parsers.ts";
import { SettingError } from "../settings/read_settings.ts";
import type { SettingName } from "../settings/settings.ts";

type Used =
  | keyof BatchPlaceSettings
  | keyof CandleSettings
  | "candleAlign"
  | Extract<
    SettingName,
    | "rawCsv"
    | "batchFrom"
    | "batchTo"
    | "batchSymbols"
    | "exportWhat"
    | "exportInterval"
    | "exportSession"
    | "exportFill"
    | "exportFormat"
    | "exportFile"
  >;
type Context = RoleContext<Used>;

const FORMATS = { ndjson, csv, avro: avroFile, parquet };

/** Rows after which it is told how far the export is. */
const TELL_EVERY = 256;

/** The file of a partition. */
const PART = "part-0.parquet";

/** Writes what is stored to a file or to standard output, symbol after symbol, earliest first. */
export async function run({ log, progress: begin, settings, signal }: Context): Promise<number> {
  const {
    batchFrom,
    batchTo,
    exportFile,
    exportFill,
    exportFormat,
    exportInterval,
    exportSession,
    exportWhat,
    rawCsv,
  } = settings;
  if (batchFrom === undefined) throw new SettingError("export needs --from, such as --from 2026-01-31");
  const now = Date.now();
  const from = Math.max(EARLIEST_TRADE_MS, timeOf(batchFrom, now));
  const to = Math.min(timeOf(batchTo, now), now + FUTURE_TOLERANCE_MS);
  if (from >= to) throw new SettingError("--from must be before --to");
  const { bars, calendars } = candlesOfSettings(settings);
  if (exportWhat === "bars" && bars.length === 0) {
    throw new SettingError("--what bars needs BARS, such as --bars tick:500");
  }
  const table = {
    trades: TRADES,
    bars: barTable(bars[0] ?? barsOf("tick", 1)),
    candles: candleTable({
      interval: exportInterval,
      fill: exportFill,
      rule: settings.candles[0]!,
      session: exportSession,
      align: settings.candleAlign,
      calendars,
      now,
    }),
    averages: AVERAGES,
    gaps: GAPS,
  }[exportWhat];
  if (exportFill !== "none" && exportWhat !== "candles") {
    throw new SettingError("--fill goes with --what candles");
  }
  if (exportSession !== "all" && exportWhat !== "candles") {
    throw new SettingError("--session goes with --what candles");
  }
  const even = exportSession === "all" && settings.candleAlign === "epoch";
  if (exportFill !== "none" && (!even || ["1d", "1w"].includes(exportInterval))) {
    throw new SettingError("--fill goes with --session all, --align epoch and intervals below 1d");
  }
  if (exportFill === "null" && !["ndjson", "csv"].includes(exportFormat)) {
    throw new SettingError("--fill null goes with --format ndjson or csv");
  }
  const folder = exportFile?.endsWith("/") ? exportFile.slice(0, -1) : undefined;
  if (folder !== undefined && exportFormat !== "parquet") {
    throw new SettingError("--out: a folder is for --format parquet; name a file");
  }
  await tryOut(exportFile, folder);
  await using place = openBatchPlace(settings, log, 1);
  const { store } = place;
  let rows = 0;
  try {
    const spans = await spansOf(store, settings.batchSymbols, from, to);
    using progress = exportFile === undefined
      ? undefined
      : await begin({ what: "export", total: spans.size, unit: "rows" });
    const counted = async function* () {
      for await (const { done, row } of rowsOf(store, table, spans, from, to)) {
        signal.throwIfAborted();
        if (++rows % TELL_EVERY === 0) progress?.at(done, rows, () => ({ rows, symbols: Math.floor(done) }));
        yield row;
      }
    };
    if (folder !== undefined) await writePartitions(table, counted(), folder);
    const format = exportFormat === "csv" && !rawCsv ? csvForSpreadsheets : FORMATS[exportFormat];
    if (folder === undefined) await write(format(table, counted()), exportFile);
    log.info("exported", { from: place.name, what: exportWhat, rows, symbols: spans.size });
    return 0;
  } catch (error) {
    if (signal.aborted) {
      log.warn("stopped before the end", { rows });
      return 1;
    }
    // Whoever reads it has read enough, as head does.
    if (error instanceof Deno.errors.BrokenPipe) return 0;
    if (error instanceof SettingError || error instanceof DatabaseError) throw error;
    throw new Error(place.errorText(error));
  }
}

/** Every row, and how many symbols are done by then, with a part of the present one. */
async function* rowsOf(
  store: BatchStore,
  table: ExportTable,
  spans: ReadonlyMap<string, Span>,
  from: number,
  to: number,
): AsyncGenerator<{ done: number; row: ExportRow }> {
  for (const [i, symbol] of [...spans.keys()].sort().entries()) {
    const span = spans.get(symbol)!;
    const [first, end] = [Math.max(from, span.from), Math.min(to, span.to)];
    for await (const row of table.rows(store, symbol, first, end)) {
      yield { done: i + (Number(row[table.time]) - first) / (end - first), row };
    }
  }
}

/** A file in a folder for each symbol and day; each appears when it is whole, in the place of an earlier one. */
async function writePartitions(
  table: ExportTable,
  rows: AsyncIterable<ExportRow>,
  folder: string,
): Promise<void> {
  for await (const part of partitioned(rows)) {
    await FILES.folder(`${folder}/${part.folder}`);
    const bytes = parquetColumns(columnsWithin(table), part.rows);
    await writeWhole(FILES, `${folder}/${part.folder}/${PART}`, ".part", bytes);
  }
}

async function write(bytes: AsyncIterable<Uint8Array>, file: string | undefined): Promise<void> {
  if (file === undefined) {
    for await (const chunk of bytes) await writeAll(Deno.stdout, chunk);
    return;
  }
  await writeWhole(FILES, file, ".part", bytes);
}

/** That a file can be written is seen before any server is asked. */
async function tryOut(file: string | undefined, folder: string | undefined): Promise<void> {
  if (file === undefined) return;
  const trial = folder === undefined ? `${file}.part` : `${folder}/${PART}.part`;
  try {
    if (folder !== undefined) await FILES.folder(folder);
    await FILES.remove(trial);
    (await FILES.create(trial)).close();
    await FILES.remove(trial);
    const there = await Deno.lstat(file).catch(() => undefined);
    if (folder === undefined && there?.isDirectory) throw new Deno.errors.IsADirectory();
  } catch (error) {
    throw new SettingError(`--out: ${file} cannot be written (${(error as Error).name})`);
  }
}

async function writeAll(to: { write(bytes: Uint8Array): Promise<number> }, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await to.write(bytes.subarray(done));
}
