import type { DeadLetter, DeadLetterOffice } from "../processing/ports.ts";
import type { Logger } from "../telemetry/log.ts";
import { Trouble } from "../telemetry/trouble.ts";
import { sqliteAnswer } from "./answers.ts";
import type { Database } from "./database.ts";
import { untilTaken } from "./until_taken.ts";

export interface EmbeddedDeadLettersOptions {
  database: Database;
  log: Logger;
  random: () => number;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Aborted when the process gives up. */
  signal: AbortSignal;
}

/** Letters that may wait for the disk before reading stops. */
const MAX_WAITING = 100;

/** Keeps dead letters in a table; a letter sent again is the same row. */
export class EmbeddedDeadLetters implements DeadLetterOffice {
  readonly #trouble: Trouble;
  readonly #waiting = new Set<Promise<void>>();

  constructor(readonly options: EmbeddedDeadLettersOptions) {
    const { log, now } = options;
    this.#trouble = new Trouble({ what: "dead letters wait", log, now });
  }

  get trouble(): string | undefined {
    return this.#trouble.reason;
  }

  send(letter: DeadLetter): Promise<void> {
    const { options: { random, signal } } = this;
    const sending = untilTaken(() => this.#insert(letter), { random, signal, trouble: this.#trouble });
    this.#waiting.add(sending);
    const done = () => void this.#waiting.delete(sending);
    sending.then(done, done);
    return sending;
  }

  async room(): Promise<void> {
    while (this.#waiting.size >= MAX_WAITING) await Promise.race(this.#waiting);
  }

  #insert(letter: DeadLetter): void {
    try {
      this.#insertValue(letter, letter.message.value);
    } catch (error) {
      if (sqliteAnswer(error).answer !== "letter") throw error;
      // What it says of the message is kept where the message itself cannot be.
      this.#insertValue(letter, null);
    }
  }

  #insertValue({ badTrades, error, message, partition }: DeadLetter, value: Uint8Array | null): void {
    const { database, now } = this.options;
    database.run(
      "INSERT OR REPLACE INTO dead_letters (partition, log_offset, error, bad_trades, value, stored) VALUES (?, ?, ?, ?, ?, ?)",
      partition,
      message.offset,
      error,
      badTrades?.join(",") ?? null,
      value,
      now(),
    );
  }
}
