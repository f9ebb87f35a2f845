import averages from "../../../schemas/averages.avsc" with { type: "text" };
import candles from "../../../schemas/candles.avsc" with { type: "text" };
import trades from "../../../schemas/trades.avsc" with { type: "text" };
import type { SessionQuestion } from "../../market/calendar/calendar_file.ts";
import { Calendars } from "../../market/calendar/calendars.ts";
import { candlesOver } from "../../market/views/long_candles.ts";
import { baseOf, windowOf } from "../../market/views/windows.ts";
import { storedCandles } from "../stored_candles.ts";
import gaps from "../../../schemas/gaps.avsc" with { type: "text" };
import { completeness, gapsOf } from "../../market/following/completeness.ts";
import type { FetchedCandle } from "../../market/following/fetched.ts";
import { emptyCandle, type Fill, type Filling } from "../../market/fill.ts";
import {
  type Alignment,
  type CandleRule,
  candlesOf,
  lengthOf,
  RUNNING_AVERAGE,
  type SeriesKind,
} from "../../market/series.ts";
import { windowColumns } from "../../market/window_columns.ts";
import type { BatchStore, StoredWindow } from "../ports.ts";

/** A row of an export, by column. */
export type ExportRow = Record<string, string | number | boolean | null | readonly string[]>;

/** What is exported, and how each format has it. */
export interface ExportTable {
  /** Columns of the CSV, which are the fields of a row. */
  columns: readonly string[];
  /** The column with a row's time, milliseconds. */
  time: string;
  /** Schema of the Avro file. */
  schema: string;
  /** A symbol's rows in [from, to), earliest first. */
  rows(store: BatchStore, symbol: string, from: number, to: number): AsyncIterable<ExportRow>;
  /** Rows that are one value in NDJSON and Avro. */
  perValue: number;
  /** Whether a row is part of a value: whoever reads frames would take a trade that was cancelled for a good one. Default all. */
  isValue?(row: ExportRow): boolean;
  /** The value of some rows of one symbol. */
  value(rows: readonly ExportRow[]): unknown;
}

/** A uuid as people write it. */
const uuidOf = (id: Uint8Array): string => id.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

const PRICES = ["open", "high", "low", "close"];
/** Trades in one Avro record. */
const TRADES_PER_MESSAGE = 100;

/** Trades as Finnhub's frames, so that import and replay read them again. */
export const TRADES: ExportTable = {
  columns: ["symbol", "time", "price", "volume", "conditions", "cancel", "id"],
  time: "time",
  schema: trades,
  async *rows(store, symbol, from, to) {
    for await (const { cancelled, conditions, id, price, time, volume } of store.trades(symbol, from, to)) {
      yield { symbol, time, price, volume, conditions, cancel: cancelled !== undefined, id: uuidOf(id) };
    }
  },
  isValue: ({ cancel }) => cancel !== true,
  perValue: TRADES_PER_MESSAGE,
  value: (rows) => ({
    data: rows.map(({ conditions, price, symbol, time, volume }) => ({
      c: (conditions as readonly string[]).length === 0 ? null : conditions,
      p: price,
      s: symbol,
      t: time,
      v: volume,
    })),
    type: "trade",
  }),
};

/** Which candles are exported. */
export interface ExportedCandles {
  interval: string;
  /** Default `none`. */
  fill?: Fill;
  /** Default `raw`. */
  rule?: CandleRule;
  /** Default `all`. */
  session?: SessionQuestion;
  /** Default `epoch`. */
  align?: Alignment;
  /** For other sessions than all, and for intervals that are not stored. */
  calendars?: Calendars;
  /** Milliseconds since the epoch: what is to come of a window under way counts for nothing. Default Infinity. */
  now?: number;
}

/**
 * Candles of one interval, each with whether the feed brought all its trades, or null where that is not known; with rows for those
 * in which nobody traded if that is asked for.
 */
export function candleTable(asked: ExportedCandles): ExportTable {
  const { align = "epoch", calendars = new Calendars(), interval, now = Infinity, rule = "raw" } = asked;
  const { session = "all" } = asked;
  const table = filledTable(asked, calendars);
  return {
    ...table,
    schema: session === "each" ? withSession(table.schema) : table.schema,
    columns: [...table.columns, ...(session === "each" ? ["session"] : []), "complete", "source"],
    async *rows(store, symbol, from, to) {
      const endOf = (start: number) => windowOf(calendars.of(symbol), interval, start, align).end;
      const complete = completeness(await store.feedSpans(symbol, from, endOf(to)), now);
      // Those that were fetched are of whole days and of every print.
      const plain = session === "all" && rule === "raw" && !baseOf(calendars.of(symbol), interval, align);
      const kind = plain ? candlesOf(interval) : undefined;
      const fetched = kind ? await store.fetchedCandles(symbol, kind, from, to) : [];
      const other = (candle: FetchedCandle, trades: number): ExportRow => ({
        symbol,
        interval,
        ...candle,
        turnover: null,
        vwap: null,
        trades,
        complete: true,
        source: "rest",
      });
      for await (const row of table.rows(store, symbol, from, to)) {
        const start = Number(row.start);
        while (fetched[0] && fetched[0].start < start) yield other(fetched.shift()!, 0);
        if (fetched[0]?.start === start) yield other(fetched.shift()!, Number(row.trades));
        else yield { ...row, complete: complete(start, endOf(start)) ?? null, source: null };
      }
      for (const candle of fetched) yield other(candle, 0);
    },
  };
}

/** Times over which the feed may have lost trades. */
export const GAPS: ExportTable = {
  columns: ["symbol", "start", "until", "reason", "filled_at", "filled_from"],
  time: "start",
  schema: gaps,
  async *rows(store, symbol, from, to) {
    for (const gap of gapsOf(await store.feedSpans(symbol, from, to))) {
      if ((gap.to ?? Infinity) <= from || gap.from >= to) continue;
      yield {
        symbol,
        start: gap.from,
        until: gap.to ?? null,
        reason: gap.why,
        filled_at: gap.filledAt ?? null,
        filled_from: gap.filledFrom ?? null,
      };
    }
  },
  perValue: 1,
  value: ([only]) => only,
};

function filledTable(
  { align = "epoch", fill = "none", interval, rule = "raw", session = "all" }: ExportedCandles,
  calendars: Calendars,
): ExportTable {
  const kind = candlesOf(interval, rule);
  const schema = rule === "raw" ? candles : withoutPrices(candles);
  const values = (key: number, value: (column: string) => number | null) => ({
    start: key,
    open: value("open"),
    high: value("high"),
    low: value("low"),
    close: value("close"),
    volume: value("volume"),
    turnover: value("turnover"),
    vwap: value("vwap"),
    trades: value("trade_count"),
  });
  const plain = windowTable(kind ?? candlesOf("1h", rule)!, schema, { interval }, values);
  const table = kind && session === "all" && align === "epoch" ? plain : {
    ...plain,
    rows: madeRows({ interval, rule, session, align, calendars }),
  };
  return fill === "none" ? table : { ...table, rows: filledRows(table, interval, fill) };
}

function filledRows(
  table: ExportTable,
  interval: string,
  fill: Exclude<Fill, "none">,
): ExportTable["rows"] {
  const length = lengthOf(interval);
  return async function* (store, symbol, from, to) {
    let before: Filling | undefined;
    for await (const row of table.rows(store, symbol, from, to)) {
      const candle = { start: Number(row.start), close: row.close as number | null ?? before?.close ?? null };
      for (let start = (before?.start ?? Infinity) + length; start < candle.start; start += length) {
        const { volume, ...numbers } = emptyCandle(start, before!, fill);
        yield { symbol, interval, ...numbers, volume, turnover: volume, vwap: null };
      }
      yield row;
      before = candle;
    }
  };
}

/** Time of which candles are made at once, milliseconds: little memory, and few readings. */
const STRIDE_MS = 56 * 86_400_000;

/** Candles that are made of stored ones. */
function madeRows(
  { calendars, ...asked }: Required<Omit<ExportedCandles, "fill" | "now">>,
): ExportTable["rows"] {
  return async function* (store, symbol, from, to) {
    const reader = storedCandles(store);
    for (let start = from; start < to; start += STRIDE_MS) {
      const range = { from: start, to: Math.min(to, start + STRIDE_MS), limit: Infinity };
      const question = { symbol, ...asked, ...range };
      for (const { trades, vwap, ...candle } of await candlesOver(reader, calendars.of(symbol), question)) {
        const turnover = (vwap ?? 0) * candle.volume;
        const { interval } = asked;
        yield { symbol, interval, ...candle, turnover, vwap: vwap ?? null, trades };
      }
    }
  };
}

/** The schema of candles in which no trade may have set a price. */
function withoutPrices(schema: string): string {
  const record = JSON.parse(schema) as { fields: { name: string; type: unknown }[] };
  for (const field of record.fields) {
    if (PRICES.includes(field.name)) field.type = ["null", "double"];
  }
  return JSON.stringify(record);
}

/** The schema of candles of each session. */
function withSession(schema: string): string {
  const record = JSON.parse(schema) as { fields: { name: string; type: unknown }[] };
  record.fields.push({ name: "session", type: "string" });
  return JSON.stringify(record);
}

/** Running averages. */
export const AVERAGES: ExportTable = windowTable(RUNNING_AVERAGE, averages, {}, (key, value) => ({
  end: key,
  mean: value("price_volume_multiply"),
  volume: value("volume"),
  turnover: value("turnover"),
  vwap: value("vwap"),
  trades: value("trade_count"),
}));

function windowTable(
  kind: SeriesKind,
  schema: string,
  fixed: ExportRow,
  columns: (key: number, value: (column: string) => number | null) => ExportRow,
): ExportTable {
  const { names } = windowColumns(kind);
  const row = (symbol: string, { key, values }: Pick<StoredWindow, "key" | "values">): ExportRow => ({
    symbol,
    ...fixed,
    ...columns(key, (column) => values[names.indexOf(column)] ?? null),
  });
  return {
    columns: Object.keys(row("", { key: 0, values: [] })),
    time: Object.keys(columns(0, () => null))[0]!,
    schema,
    async *rows(store, symbol, from, to) {
      for await (const window of store.windows(symbol, kind, from, to)) yield row(symbol, window);
    },
    perValue: 1,
    value: ([only]) => only,
  };
}
