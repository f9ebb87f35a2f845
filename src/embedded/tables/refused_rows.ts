import { NowAndThen } from "../../async/now_and_then.ts";
import { errorText, type Logger } from "../../telemetry/log.ts";
import type { Counter } from "../../telemetry/metrics.ts";
import { sqliteAnswer } from "../answers.ts";
import type { Database } from "../database.ts";

export interface RefusedRowsOptions {
  database: Database;
  refused: Counter;
  log: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** Time between two lines about refused rows, milliseconds. */
const SAY_EVERY = 60_000;

/** Keeps rows that SQLite refuses for ever, so that they hold up nothing. */
export class RefusedRows {
  readonly #saying: NowAndThen;

  constructor(readonly options: RefusedRowsOptions) {
    this.#saying = new NowAndThen(SAY_EVERY, options.now);
  }

  /** Writes rows in one transaction: all, or when SQLite refuses one of them, each by itself. */
  write<T>(table: string, rows: readonly T[], write: (row: T) => void): void {
    const { database } = this.options;
    try {
      database.transaction(() => rows.forEach(write));
      return;
    } catch (error) {
      if (sqliteAnswer(error).answer !== "letter") throw error;
    }
    let failed: [row: T, error: unknown][] = [];
    database.transaction(() => {
      failed = [];
      for (const row of rows) {
        try {
          write(row);
        } catch (error) {
          if (sqliteAnswer(error).answer !== "letter") throw error;
          failed.push([row, error]);
          this.#keep(table, row, error);
        }
      }
    });
    this.#tell(table, failed);
  }

  #keep(table: string, row: unknown, error: unknown): void {
    const { database, now } = this.options;
    database.run(
      "INSERT INTO refused_rows (stored, belongs_to, error, content) VALUES (?, ?, ?, ?)",
      now(),
      table,
      errorText(error),
      JSON.stringify(row),
    );
  }

  #tell(table: string, failed: readonly [row: unknown, error: unknown][]): void {
    const { log, refused } = this.options;
    refused.add(failed.length, { table });
    const times = this.#saying.due();
    if (times === undefined) return;
    log.error("rows that the database refuses are in the table refused_rows", {
      table,
      rows: failed.length,
      error: errorText(failed[0]![1]),
      times,
    });
  }
}
