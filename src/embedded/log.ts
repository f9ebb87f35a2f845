import { fnv1a } from "../market/trade_id.ts";
import type { LogMessage, PartitionProgress } from "../processing/ports.ts";
import { sqliteAnswer } from "./answers.ts";
import type { Database } from "./database.ts";

/** One message to append. */
export interface Append {
  /** Messages of one key stay in one partition, in order. */
  key: string;
  value: Uint8Array;
  /** When the producer sent it, milliseconds since the epoch. */
  timestamp: number;
}

export interface EmbeddedLogOptions {
  database: Database;
  partitions: number;
  /** Messages that each partition keeps; what is not yet committed is kept beyond it. */
  retention: number;
}

/**
 * A log in the process: partitions, offsets, retention and committed offsets, kept in SQLite. What is appended is
 * on the disk when {@linkcode append} returns.
 */
export class EmbeddedLog {
  readonly #appended = new Set<() => void>();

  /** @throws {DatabaseError} for a database that holds another log. */
  constructor(readonly options: EmbeddedLogOptions) {
    const { database, partitions } = options;
    database.transaction(() => {
      for (let partition = 0; partition < partitions; partition++) {
        database.run("INSERT OR IGNORE INTO log_partitions (partition) VALUES (?)", partition);
      }
    });
    const found = this.progress();
    if (found.length !== partitions || found.some(({ partition }, i) => partition !== i)) {
      throw database.fail("partitions of the log");
    }
  }

  /**
   * Appends messages in order, all or none but those whose indexes it returns, which SQLite refuses for ever. Nothing that may fail
   * comes after: who calls tries again what fails.
   *
   * @param alongside writes in the same transaction
   */
  append(messages: readonly Append[], alongside: () => void = () => {}): Set<number> {
    const { database, partitions } = this.options;
    const refused = new Set<number>();
    const next = database.prepare("SELECT next_offset FROM log_partitions WHERE partition = ?");
    const insert = database.prepare(
      "INSERT INTO log (partition, log_offset, sent, value) VALUES (?, ?, ?, ?)",
    );
    const advance = database.prepare(
      "UPDATE log_partitions SET next_offset = next_offset + 1 WHERE partition = ?",
    );
    database.durably(() => {
      refused.clear();
      for (const [i, { key, timestamp, value }] of messages.entries()) {
        const partition = fnv1a(key) % partitions;
        const { next_offset: own } = next.get(partition) as { next_offset: number };
        try {
          insert.run(partition, own, Math.round(timestamp), value);
        } catch (error) {
          if (sqliteAnswer(error).answer !== "letter") throw error;
          refused.add(i);
          continue;
        }
        advance.run(partition);
      }
      alongside();
    });
    for (const wake of this.#appended) wake();
    return refused;
  }

  /** Up to `limit` messages of a partition from an offset on. */
  read(partition: number, from: number, limit: number): LogMessage[] {
    return this.options.database.all(
      "SELECT log_offset, sent, value FROM log WHERE partition = ? AND log_offset >= ? ORDER BY log_offset LIMIT ?",
      partition,
      from,
      limit,
    ).map((row) => ({
      offset: this.#integer(row, "log_offset"),
      timestamp: this.#integer(row, "sent"),
      value: row.value instanceof Uint8Array ? row.value : null,
    }));
  }

  /** When the newest message was sent, milliseconds since the epoch; undefined where there is none. */
  lastSent(): number | undefined {
    const [row] = this.options.database.all("SELECT MAX(sent) AS last FROM log");
    return row!.last === null ? undefined : this.#integer(row!, "last");
  }

  /** How far each partition goes, and is done. */
  progress(): PartitionProgress[] {
    return this.options.database.all(
      "SELECT partition, next_offset, committed FROM log_partitions ORDER BY partition",
    ).map((row) => ({
      partition: this.#integer(row, "partition"),
      end: this.#integer(row, "next_offset"),
      committed: this.#integer(row, "committed"),
    }));
  }

  /** Notes by partition the first offset that is not yet done. */
  commit(offsets: ReadonlyMap<number, number>): void {
    const { database } = this.options;
    database.transaction(() => {
      for (const [partition, offset] of offsets) {
        database.run(
          "UPDATE log_partitions SET committed = MAX(committed, ?) WHERE partition = ?",
          offset,
          partition,
        );
      }
    });
  }

  /** Calls `wake` after each append, until the result is called. */
  onAppend(wake: () => void): () => void {
    this.#appended.add(wake);
    return () => void this.#appended.delete(wake);
  }

  /** Removes, in steps of at most `limit` messages, what is committed and beyond the retention. */
  *trim(limit: number): Generator<void> {
    const { database, retention } = this.options;
    for (const { committed, end, partition } of this.progress()) {
      const keep = Math.min(committed, end - retention);
      for (;;) {
        const [row] = database.all("SELECT MIN(log_offset) AS first FROM log WHERE partition = ?", partition);
        if (row?.first === null || Number(row?.first) >= keep) break;
        database.run(
          "DELETE FROM log WHERE partition = ? AND log_offset < ?",
          partition,
          Math.min(keep, Number(row?.first) + limit),
        );
        yield;
      }
    }
  }

  #integer(row: Record<string, unknown>, column: string): number {
    const value = row[column];
    if (!Number.isSafeInteger(value)) throw this.options.database.fail(`${column} of the log`);
    return value as number;
  }
}
