import { DatabaseSync } from "node:sqlite";
import { parseFrame } from "../market/frame.ts";
import type { KeptParcel, Spool } from "../publishing/backlog.ts";
import type { Trade } from "../market/trade.ts";
import type { Parcel } from "../publishing/publisher_buffer.ts";
import schema from "../../schemas/sqlite/spool.sql" with { type: "text" };
import { DatabaseError } from "./database.ts";

/** Parcels in an SQLite file, used by one process alone. What is appended is on the disk when {@linkcode append} returns. */
export class FileSpool implements Spool, Disposable {
  readonly #db: DatabaseSync;
  readonly #insert;
  readonly #read;
  readonly #delete;

  /**
   * @param folder made when missing, for this user alone
   * @throws {DatabaseError} when it cannot be used, or another process uses it
   */
  constructor(folder: string) {
    const file = `${folder}/producer-spool.sqlite`;
    try {
      Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
      for (const each of [file, `${file}-wal`, `${file}-shm`]) refuseLink(each);
      // SQLite would make it readable for all.
      if (!exists(file)) Deno.openSync(file, { createNew: true, write: true, mode: 0o600 }).close();
      this.#db = new DatabaseSync(file);
      this.#db.exec(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF",
      );
      this.#db.exec(schema);
      this.#insert = this.#db.prepare("INSERT INTO spool (received, trades, frame) VALUES (?, ?, ?)");
      this.#read = this.#db.prepare("SELECT id, received, frame FROM spool WHERE id > ? ORDER BY id LIMIT ?");
      this.#delete = this.#db.prepare("DELETE FROM spool WHERE id = ?");
      // Takes the lock, which another process may have.
      this.trades();
    } catch (cause) {
      if (cause instanceof DatabaseError) throw cause;
      const why = /locked/.test(String(cause))
        ? "is used by another process; stop that, or name another folder"
        : "cannot be used";
      throw new DatabaseError(`${file} ${why}; see --spool`, { cause });
    }
  }

  append(parcels: readonly Parcel[]): number[] {
    return this.#transaction(() =>
      parcels.map(({ receivedAt, trades }) =>
        Number(
          this.#insert.run(Math.round(receivedAt), trades.length, frameOf(trades)).lastInsertRowid,
        )
      )
    );
  }

  read(after: number, limit: number): KeptParcel[] {
    return this.#read.all(after, limit).map(({ frame, id, received }) => ({
      id: Number(id),
      parcel: parcelOf(String(frame), Number(received)),
    }));
  }

  remove(ids: readonly number[]): void {
    this.#transaction(() => ids.forEach((id) => this.#delete.run(id)));
  }

  trades(): number {
    const { sum } = this.#db.prepare("SELECT COALESCE(SUM(trades), 0) AS sum FROM spool").get()!;
    return Number(sum);
  }

  [Symbol.dispose](): void {
    if (this.#db.isOpen) this.#db.close();
  }

  #transaction<T>(work: () => T): T {
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
}

/** As the feed sends them: a form for every trade that came, even one that no message could hold. */
const frameOf = (trades: readonly Trade[]): string =>
  JSON.stringify({
    type: "trade",
    data: trades.map(({ conditions: c, price: p, symbol: s, time: t, volume: v }) => ({ s, p, t, v, c })),
  });

/** Empty for what is no frame: it is passed over, and forgotten as if it were sent. */
function parcelOf(text: string, receivedAt: number): Parcel {
  const frame = parseFrame(text);
  const trades = frame.type === "trades" ? frame.trades : [];
  return { symbol: trades[0]?.symbol ?? "", trades, receivedAt };
}

const exists = (path: string): boolean => stat(path) !== undefined;

function refuseLink(path: string): void {
  const found = stat(path);
  if (found !== undefined && !found.isFile) {
    throw new DatabaseError(`${path} is no file of its own; remove it, or name another folder with --spool`);
  }
}

function stat(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
