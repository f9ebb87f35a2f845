import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import market from "../../schemas/sqlite/001-market.sql" with { type: "text" };
import followed from "../../schemas/sqlite/002-followed-symbols.sql" with { type: "text" };
import retention from "../../schemas/sqlite/003-retention.sql" with { type: "text" };
import firedAlerts from "../../schemas/sqlite/005-fired-alerts.sql" with { type: "text" };
import series from "../../schemas/sqlite/006-series.sql" with { type: "text" };
import repairs from "../../schemas/sqlite/004-repairs.sql" with { type: "text" };
import feedGaps from "../../schemas/sqlite/007-feed-gaps.sql" with { type: "text" };
import bars from "../../schemas/sqlite/008-bars.sql" with { type: "text" };
import cancelled from "../../schemas/sqlite/009-cancelled-trades.sql" with { type: "text" };
import { aborted } from "../async/wait.ts";
import { sqliteAnswer } from "./answers.ts";
import { DatabaseError } from "./database_error.ts";
import { assertOwnSchema, DISTRUST } from "./schema.ts";

/** Each raises a database from the version equal to its index to the next. */
export const MIGRATIONS: readonly string[] = [
  market,
  followed,
  retention,
  repairs,
  firedAlerts,
  series,
  feedGaps,
  bars,
  cancelled,
];

export interface DatabaseOptions {
  /** Called with the name of each error that SQLite answers with. */
  onFailure?: (name: string) => void;
  /** Called with content that this program never writes, which is skipped. */
  onMalformed?: (what: string) => void;
  /** Released when the database is closed. */
  lock?: Disposable;
  /** Whether a database of an earlier version is brought up to date. Default true. */
  migrates?: boolean;
}

/**
 * How long another process may write, milliseconds, before a write is answered with BUSY: the one that a feed flows into must not
 * stand still, and a tool can wait.
 */
const BUSY_MS = { owner: 200, tool: 10_000 };

/**
 * One SQLite database that holds the log and the store. One process owns its folder; tools may use it beside that. Writes survive a killed process at
 * once; {@linkcode durably} also makes them, and all before them, survive a machine that stops.
 */
export class Database implements Disposable {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #judged = new WeakSet<Error>();
  readonly #end = Promise.withResolvers<never>();
  /** Whether what is written belongs to one transaction that is under way. */
  #together = false;

  /**
   * @param file path of the database, made when missing; `:memory:` for one that ends with the process.
   * @throws {DatabaseError} when it cannot be opened, or is no such database.
   */
  constructor(readonly file: string, readonly options: DatabaseOptions = {}) {
    this.#end.promise.catch(() => {});
    const { lock, migrates = true } = options;
    let db: DatabaseSync | undefined;
    try {
      this.#db = db = new DatabaseSync(file);
      const patience = migrates ? BUSY_MS.owner : BUSY_MS.tool;
      db.exec(
        `${DISTRUST}; PRAGMA busy_timeout = ${patience}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL`,
      );
      this.#migrate(migrates);
    } catch (cause) {
      db?.close();
      lock?.[Symbol.dispose]();
      throw DatabaseError.ofOpening(file, "--data", cause);
    }
  }

  /** A prepared statement, made once. */
  prepare(sql: string): StatementSync {
    return this.#guarded(() => {
      let statement = this.#statements.get(sql);
      if (!statement) this.#statements.set(sql, statement = this.#db.prepare(sql));
      return statement;
    });
  }

  /** Rows of a query. */
  all(sql: string, ...values: SQLInputValue[]): Record<string, unknown>[] {
    const statement = this.prepare(sql);
    return this.#guarded(() => statement.all(...values) as Record<string, unknown>[]);
  }

  /** Runs one statement; the number of rows that it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    const statement = this.prepare(sql);
    return this.#guarded(() => Number(statement.run(...values).changes));
  }

  /** Runs `work` in one transaction: all of its writes or none. Within {@linkcode together} it is a part of that. */
  transaction<T>(work: () => T): T {
    return this.#guarded(() => {
      if (this.#together) return work();
      this.prepare("BEGIN IMMEDIATE").run();
      try {
        const result = work();
        this.prepare("COMMIT").run();
        return result;
      } catch (error) {
        if (this.#db.isTransaction) this.prepare("ROLLBACK").run();
        throw error;
      }
    });
  }

  /** As {@linkcode transaction}, for work that waits. Meanwhile nobody else may use the database. */
  async together<T>(work: () => Promise<T>): Promise<T> {
    this.#guarded(() => this.prepare("BEGIN IMMEDIATE").run());
    this.#together = true;
    try {
      const result = await work();
      this.#guarded(() => this.prepare("COMMIT").run());
      return result;
    } finally {
      this.#together = false;
      if (this.#db.isTransaction) this.prepare("ROLLBACK").run();
    }
  }

  /** As {@linkcode transaction}, and on the disk when it returns. */
  durably<T>(work: () => T): T {
    this.#db.exec("PRAGMA synchronous = FULL");
    try {
      return this.transaction(work);
    } finally {
      this.#db.exec("PRAGMA synchronous = NORMAL");
    }
  }

  /** Reports content that this program never writes and cannot go on with; the error to throw. */
  fail(what: string): DatabaseError {
    const error = new DatabaseError(
      `${this.file} holds what finnhub-pipe did not write (${what}); restore the folder from a copy, or name another one ` +
        "with --data",
    );
    this.#judge(error);
    return error;
  }

  /** Reports content that this program never writes, and that is skipped. */
  passOver(what: string): void {
    this.options.onMalformed?.(what);
  }

  /** Resolves when the signal is aborted; rejects as soon as an error says that the database is of no use any more. */
  async watch(signal: AbortSignal): Promise<void> {
    await Promise.race([this.#end.promise, aborted(signal)]);
  }

  [Symbol.dispose](): void {
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
    this.options.lock?.[Symbol.dispose]();
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.#judge(error);
      throw error;
    }
  }

  #judge(error: unknown): void {
    if (!(error instanceof Error) || this.#judged.has(error)) return;
    this.#judged.add(error);
    const { answer, name, remedy } = sqliteAnswer(error);
    this.options.onFailure?.(name);
    if (answer !== "end") return;
    this.#end.reject(
      error instanceof DatabaseError
        ? error
        : new DatabaseError(`${this.file} cannot be used any more; ${remedy}`, { cause: error }),
    );
  }

  #migrate(migrates: boolean): void {
    const { user_version: version } = this.#db.prepare("PRAGMA user_version").get() as {
      user_version: number;
    };
    if (version > MIGRATIONS.length) {
      throw new DatabaseError(
        `${this.file} was made by a later version of finnhub-pipe; use that one, or name another folder with --data`,
      );
    }
    if (version < MIGRATIONS.length && !migrates) {
      throw new DatabaseError(
        `${this.file} was made by an earlier version of finnhub-pipe; start finnhub-pipe local with the folder once`,
      );
    }
    assertOwnSchema(this.#db, this.file, "--data", MIGRATIONS.slice(0, Math.max(0, version)));
    for (const [from, migration] of MIGRATIONS.entries()) {
      if (from < version) continue;
      this.transaction(() => this.#db.exec(`${migration}; PRAGMA user_version = ${from + 1}`));
    }
  }
}
