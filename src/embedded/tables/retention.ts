import type { Logger } from "../../telemetry/log.ts";
import { Trouble } from "../../telemetry/trouble.ts";
import { delay } from "../../async/wait.ts";
import { sqliteAnswer } from "../answers.ts";
import type { Database } from "../database.ts";
import type { EmbeddedLog } from "../log.ts";
import { AVERAGE_TABLE, BAR_TABLE, CANDLE_TABLE, type WindowTable } from "../../processing/window_tables.ts";
import { bucketOf, CANDLE_RULES, RUNNING_AVERAGE, seriesOf } from "../../market/series.ts";
import { SPAN_TABLES } from "../../processing/span_tables.ts";

export interface RetentionOptions {
  database: Database;
  embedded: EmbeddedLog;
  /** How long each is kept, milliseconds; 0 for ever. */
  keepTrades: number;
  keepWindows: number;
  keepLetters: number;
  log: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** Between two rounds, milliseconds. */
const EVERY_MS = 5000;
/** Windows are looked at in one round of so many: every symbol costs a look. */
const WINDOWS_EVERY = 60;
/** Rows that one step removes: a few milliseconds, for which all else waits. */
const ROWS = 200;
/** Messages are larger. */
const MESSAGES = 50;

/**
 * Removes what has been kept long enough, in small steps. Trades and dead letters count by the clock, from when they were taken: what a
 * replay brings from years ago is kept as long as anything else. Windows count by their symbol's newest one.
 */
export class Retention {
  readonly #trouble: Trouble;

  constructor(readonly options: RetentionOptions) {
    const { log, now } = options;
    this.#trouble = new Trouble({ what: "old rows are not removed", log, now });
  }

  /** Why they are not, and since when; undefined while they are. */
  get trouble(): string | undefined {
    return this.#trouble.reason;
  }

  /** Runs until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    for (let round = 0; !signal.aborted; round++) {
      try {
        for (const _ of this.steps(round % WINDOWS_EVERY === 0)) {
          await delay(0, signal).catch(() => {});
          if (signal.aborted) return;
        }
        this.#trouble.over();
      } catch (error) {
        const { answer, remedy } = sqliteAnswer(error);
        if (answer === "end") throw error;
        this.#trouble.happened(error, remedy);
      }
      await delay(EVERY_MS, signal).catch(() => {});
    }
  }

  /** One round; each step removes a few rows. */
  *steps(windows: boolean): Generator<void> {
    const { embedded, keepLetters, keepTrades, keepWindows, now } = this.options;
    yield* embedded.trim(MESSAGES);
    if (keepTrades > 0) yield* this.#trades(now() - keepTrades);
    if (keepLetters > 0) {
      yield* this.#stored("dead_letters", "partition, log_offset", now() - keepLetters);
      yield* this.#stored("refused_rows", "id", now() - keepLetters);
    }
    if (windows && keepWindows > 0) {
      yield* this.#windows(keepWindows);
      yield* this.#spans(now() - keepWindows);
    }
  }

  *#trades(before: number): Generator<void> {
    yield* this.#whileFull(() =>
      this.options.database.run(
        "DELETE FROM trades WHERE (symbol, hour, trade_timestamp, uuid) IN (SELECT symbol, hour, trade_timestamp, uuid " +
          "FROM trades WHERE ingest_timestamp < ? ORDER BY ingest_timestamp LIMIT ?)",
        before,
        ROWS,
      )
    );
  }

  *#stored(table: string, key: string, before: number): Generator<void> {
    yield* this.#whileFull(() =>
      this.options.database.run(
        `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE stored < ? LIMIT ?)`,
        before,
        ROWS,
      )
    );
  }

  /** They are few, of the clock's time, and of no use without the windows that they are about. */
  *#spans(before: number): Generator<void> {
    for (const { end, start, table } of Object.values(SPAN_TABLES)) {
      yield* this.#whileFull(() =>
        this.options.database.run(
          `DELETE FROM ${table} WHERE (symbol, bucket, ${start}) IN (SELECT symbol, bucket, ${start} FROM ${table} ` +
            `WHERE COALESCE(${end}, ${start}) < ? LIMIT ?)`,
          before,
          ROWS,
        )
      );
    }
    yield* this.#whileFull(() =>
      this.options.database.run(
        "DELETE FROM fetched_candles WHERE (symbol, interval, bucket, window_start) IN (SELECT symbol, interval, bucket, " +
          "window_start FROM fetched_candles WHERE window_start < ? LIMIT ?)",
        before,
        ROWS,
      )
    );
  }

  *#windows(keep: number): Generator<void> {
    const { database } = this.options;
    yield* this.#bars(keep);
    for (const table of [CANDLE_TABLE, AVERAGE_TABLE]) {
      for (let symbol = this.#symbolAfter(table, ""); symbol !== undefined;) {
        for (const kind of seriesOf(CANDLE_RULES)) {
          if ((kind === RUNNING_AVERAGE) !== (table === AVERAGE_TABLE)) continue;
          const series = table === CANDLE_TABLE ? [symbol, kind.name] : [symbol];
          const of = table === CANDLE_TABLE ? "symbol = ? AND interval = ?" : "symbol = ?";
          const [newest] = database.all(
            `SELECT ${table.key} AS at FROM ${table.table} WHERE ${of} ORDER BY bucket DESC, ${table.key} DESC LIMIT 1`,
            ...series,
          );
          if (typeof newest?.at !== "number") continue;
          const before = newest.at - keep;
          const key = [...table.partitionColumns, table.key].join(", ");
          yield* this.#whileFull(() =>
            database.run(
              `DELETE FROM ${table.table} WHERE (${key}) IN (SELECT ${key} FROM ${table.table} WHERE ${of} ` +
                `AND (bucket, ${table.key}) < (?, ?) LIMIT ?)`,
              ...series,
              bucketOf(kind, before),
              before,
              ROWS,
            )
          );
        }
        yield;
        symbol = this.#symbolAfter(table, symbol);
      }
    }
  }

  /** Of each symbol by its newest hour, whatever bars were kept at any time. */
  *#bars(keep: number): Generator<void> {
    const { database } = this.options;
    for (let symbol = this.#symbolAfter(BAR_TABLE, ""); symbol !== undefined;) {
      const name = symbol;
      yield* this.#whileFull(() =>
        database.run(
          "DELETE FROM bars WHERE (symbol, series, hour, number) IN (SELECT symbol, series, hour, number FROM bars " +
            "WHERE symbol = ?1 AND hour < (SELECT MAX(hour) FROM bars WHERE symbol = ?1) - ?2 LIMIT ?3)",
          name,
          keep,
          ROWS,
        )
      );
      yield;
      symbol = this.#symbolAfter(BAR_TABLE, symbol);
    }
  }

  #symbolAfter({ table }: WindowTable, symbol: string): string | undefined {
    const [row] = this.options.database.all(
      `SELECT MIN(symbol) AS next FROM ${table} WHERE symbol > ?`,
      symbol,
    );
    return typeof row?.next === "string" ? row.next : undefined;
  }

  *#whileFull(remove: () => number): Generator<void> {
    while (remove() === ROWS) yield;
  }
}
