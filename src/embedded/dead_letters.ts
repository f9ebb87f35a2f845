import type { DeadLetter, DeadLetterOffice } from "../processing/ports.ts";
import type { Database } from "./database.ts";

/** Keeps dead letters in a table; a letter sent again is the same row. */
export class EmbeddedDeadLetters implements DeadLetterOffice {
  constructor(readonly database: Database) {}

  send({ badTrades, error, message, partition }: DeadLetter): Promise<void> {
    this.database.prepare(
      "INSERT OR REPLACE INTO dead_letters (partition, log_offset, error, bad_trades, value) VALUES (?, ?, ?, ?, ?)",
    ).run(partition, message.offset, error, badTrades?.join(",") ?? null, message.value);
    return Promise.resolve();
  }
}
