import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import market from "../../schemas/sqlite/001-market.sql" with { type: "text" };
import followed from "../../schemas/sqlite/002-followed-symbols.sql" with { type: "text" };

/** A database that cannot be opened or used; the message names the file and the remedy. */
export class DatabaseError extends Error {
  override name = "DatabaseError";
}

/** Each brings a database from the version that is its index to the next. */
const MIGRATIONS = [market, followed];

/**
 * One SQLite database that holds the log and the store, used by one process alone. Writes survive a killed process at
 * once; {@linkcode durably} also makes them, and all before them, survive a machine that stops.
 */
export class Database implements Disposable {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * @param file path of the database, made when missing; `:memory:` for one that ends with the process.
   * @throws {DatabaseError} when it cannot be opened, is no such database, or another process uses it.
   */
  constructor(readonly file: string) {
    try {
      this.#db = new DatabaseSync(file);
      // Exclusive: two processes would append to one log without knowing of each other.
      this.#db.exec(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL",
      );
      this.#migrate();
    } catch (cause) {
      if (cause instanceof DatabaseError) throw cause;
      const why = /locked/.test(String(cause))
        ? "is used by another process; stop that, or name another folder"
        : "cannot be opened";
      throw new DatabaseError(`${file} ${why}`, { cause });
    }
  }

  /** A prepared statement, made once. */
  prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, statement = this.#db.prepare(sql));
    return statement;
  }

  /** Rows of a query. */
  all(sql: string, ...values: SQLInputValue[]): Record<string, unknown>[] {
    return this.prepare(sql).all(...values) as Record<string, unknown>[];
  }

  /** Runs `work` in one transaction: all of its writes or none. */
  transaction<T>(work: () => T): T {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
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

  [Symbol.dispose](): void {
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #migrate(): void {
    const { user_version: version } = this.#db.prepare("PRAGMA user_version").get() as {
      user_version: number;
    };
    if (version > MIGRATIONS.length) {
      throw new DatabaseError(`${this.file} was made by a later version of finnhub-pipe; use that one`);
    }
    for (const [from, migration] of MIGRATIONS.entries()) {
      if (from < version) continue;
      this.transaction(() => this.#db.exec(`${migration}; PRAGMA user_version = ${from + 1}`));
    }
  }
}
