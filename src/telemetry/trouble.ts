import { errorText, type Logger } from "./log.ts";

/** Between two log lines about the same trouble, milliseconds. */
const TELL_EVERY_MS = 60_000;

export interface TroubleOptions {
  /** What is so while it lasts, such as "Kafka is not reached". */
  what: string;
  log: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** Something that fails and is tried again: told when it begins, once a minute while it lasts, and when it is over. */
export class Trouble {
  #since: number | undefined;
  #told = 0;
  #times = 0;
  #why = "";

  constructor(readonly options: TroubleOptions) {}

  /** Why, and since when; undefined while all is well. */
  get reason(): string | undefined {
    if (this.#since === undefined) return undefined;
    return `${this.options.what} since ${new Date(this.#since).toISOString()}: ${this.#why}`;
  }

  /** @param remedy what a person can do */
  happened(error: unknown, remedy?: string): void {
    const { log, now, what } = this.options;
    const at = now();
    const text = errorText(error);
    this.#why = remedy === undefined || text.includes(remedy) ? text : `${text}; ${remedy}`;
    this.#times++;
    const first = this.#since === undefined;
    this.#since ??= at;
    if (!first && at - this.#told < TELL_EVERY_MS) return;
    this.#told = at;
    const lasting = first ? {} : { times: this.#times, seconds: Math.round((at - this.#since) / 1000) };
    log.warn(`${what}, trying again`, { ...lasting, error: text, remedy });
  }

  over(): void {
    if (this.#since === undefined) return;
    const { log, now, what } = this.options;
    const seconds = Math.round((now() - this.#since) / 1000);
    log.info(`over: ${what}`, { times: this.#times, seconds });
    this.#since = undefined;
    this.#times = 0;
  }
}
