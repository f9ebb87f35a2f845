import { DatabaseSync } from "node:sqlite";
import { isSpanText, parseSpan, spanText } from "../market/following/span.ts";
import { parseFrame } from "../market/frame.ts";
import type { KeptParcel, Spool } from "../publishing/backlog.ts";
import type { Trade } from "../market/trade.ts";
import type { Parcel } from "../publishing/publisher_buffer.ts";
import schema from "../../schemas/sqlite/spool.sql" with { type: "text" };
import { DatabaseError } from "./database_error.ts";
import { privateDatabaseFile } from "./private_files.ts";
import { assertOwnSchema, DISTRUST } from "./schema.ts";

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
    const file = privateDatabaseFile(folder, "producer-spool.sqlite", "--spool");
    let db: DatabaseSync | undefined;
    try {
      this.#db = db = new DatabaseSync(file);
      db.exec(
        `${DISTRUST}; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`,
      );
      if (db.prepare("SELECT 1 FROM sqlite_master LIMIT 1").get()) {
        assertOwnSchema(db, file, "--spool", [schema]);
      }
      db.exec(schema);
      this.#insert = db.prepare("INSERT INTO spool (received, trades, frame) VALUES (?, ?, ?)");
      this.#read = db.prepare("SELECT id, received, frame FROM spool WHERE id > ? ORDER BY id LIMIT ?");
      this.#delete = db.prepare("DELETE FROM spool WHERE id = ?");
      // Takes the lock, which another process may have.
      this.trades();
    } catch (cause) {
      db?.close();
      throw DatabaseError.ofOpening(file, "--spool", cause);
    }
  }

  append(parcels: readonly Parcel[]): number[] {
    return this.#transaction(() =>
      parcels.map(({ receivedAt, span, trades }) =>
        Number(
          this.#insert.run(
            Math.round(receivedAt),
            trades.length,
            span === undefined ? frameOf(trades) : spanText(span),
          ).lastInsertRowid,
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
  if (isSpanText(text)) return spanParcel(text, receivedAt);
  const frame = parseFrame(text);
  const trades = frame.type === "trades" ? frame.trades : [];
  return { symbol: trades[0]?.symbol ?? "", trades, receivedAt };
}

function spanParcel(text: string, receivedAt: number): Parcel {
  try {
    const span = parseSpan(text, receivedAt);
    return { symbol: span.symbol, trades: [], span, receivedAt };
  } catch {
    return { symbol: "", trades: [], receivedAt };
  }
}
