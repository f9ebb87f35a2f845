import { fnv1a } from "../market/trade_id.ts";
import type { LogMessage, PartitionProgress } from "../processing/ports.ts";
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

/** Messages after which old ones are removed. */
const TRIM_EVERY = 1000;

/**
 * A log in the process: partitions, offsets, retention and committed offsets, kept in SQLite. What is appended is
 * on the disk when {@linkcode append} returns.
 */
export class EmbeddedLog {
  readonly #appended = new Set<() => void>();
  #sinceTrim = 0;

  constructor(readonly options: EmbeddedLogOptions) {
    const { database, partitions } = options;
    database.transaction(() => {
      for (let partition = 0; partition < partitions; partition++) {
        database.prepare("INSERT OR IGNORE INTO log_partitions (partition) VALUES (?)").run(partition);
      }
    });
  }

  /** Appends messages in order, all or none. */
  append(messages: readonly Append[]): void {
    const { database, partitions } = this.options;
    const next = database.prepare(
      "UPDATE log_partitions SET next_offset = next_offset + 1 WHERE partition = ? RETURNING next_offset - 1 AS own",
    );
    const insert = database.prepare(
      "INSERT INTO log (partition, log_offset, sent, value) VALUES (?, ?, ?, ?)",
    );
    database.durably(() => {
      for (const { key, timestamp, value } of messages) {
        const partition = fnv1a(key) % partitions;
        const { own } = next.get(partition) as { own: number };
        insert.run(partition, own, Math.round(timestamp), value);
      }
    });
    this.#sinceTrim += messages.length;
    if (this.#sinceTrim >= TRIM_EVERY) this.#trim();
    for (const wake of this.#appended) wake();
  }

  /** Up to `limit` messages of a partition from an offset on. */
  read(partition: number, from: number, limit: number): LogMessage[] {
    return this.options.database.all(
      "SELECT log_offset, sent, value FROM log WHERE partition = ? AND log_offset >= ? ORDER BY log_offset LIMIT ?",
      partition,
      from,
      limit,
    ).map(({ log_offset, sent, value }) => ({
      offset: Number(log_offset),
      timestamp: Number(sent),
      value: value as Uint8Array,
    }));
  }

  /** How far each partition goes, and is done. */
  progress(): PartitionProgress[] {
    return this.options.database.all(
      "SELECT partition, next_offset, committed FROM log_partitions ORDER BY partition",
    ).map(({ committed, next_offset, partition }) => ({
      partition: Number(partition),
      end: Number(next_offset),
      committed: Number(committed),
    }));
  }

  /** Notes by partition the first offset that is not yet done. */
  commit(offsets: ReadonlyMap<number, number>): void {
    const { database } = this.options;
    const update = database.prepare(
      "UPDATE log_partitions SET committed = MAX(committed, ?) WHERE partition = ?",
    );
    database.transaction(() => {
      for (const [partition, offset] of offsets) update.run(offset, partition);
    });
  }

  /** Calls `wake` after each append, until the result is called. */
  onAppend(wake: () => void): () => void {
    this.#appended.add(wake);
    return () => void this.#appended.delete(wake);
  }

  #trim(): void {
    this.#sinceTrim = 0;
    this.options.database.prepare(
      "DELETE FROM log WHERE EXISTS (SELECT 1 FROM log_partitions p WHERE p.partition = log.partition " +
        "AND log.log_offset < MIN(p.committed, p.next_offset - ?))",
    ).run(this.options.retention);
  }
}
