import type { LogHandler, LogReader, PartitionProgress } from "../processing/ports.ts";
import type { Logger } from "../telemetry/log.ts";
import { Trouble } from "../telemetry/trouble.ts";
import { aborted, delay } from "../async/wait.ts";
import { sqliteAnswer } from "./answers.ts";
import type { EmbeddedLog } from "./log.ts";
import { untilTaken } from "./until_taken.ts";

export interface EmbeddedLogReaderOptions {
  embedded: EmbeddedLog;
  log: Logger;
  random: () => number;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** Messages of one delivery. */
const MAX_MESSAGES = 500;
/** Between two tries to write offsets that could not be, milliseconds. */
const COMMIT_AGAIN_MS = 1000;

/** Reads all partitions of an embedded log; there is no group, the one reader owns them all. */
export class EmbeddedLogReader implements LogReader {
  #joined = false;
  readonly #reading: Trouble;
  readonly #committing: Trouble;
  /** Offsets that are not yet written. */
  readonly #uncommitted = new Map<number, number>();

  constructor(readonly options: EmbeddedLogReaderOptions) {
    const { log, now } = options;
    this.#reading = new Trouble({ what: "the log cannot be read", log, now });
    this.#committing = new Trouble({ what: "offsets are not written", log, now });
  }

  get joined(): boolean {
    return this.#joined;
  }

  get trouble(): string | undefined {
    return this.#reading.reason ?? this.#committing.reason;
  }

  async run(handler: LogHandler, signal: AbortSignal): Promise<void> {
    const partitions = this.options.embedded.progress();
    handler.assigned(partitions.map(({ partition }) => partition));
    this.#joined = true;
    try {
      const following = Promise.all([
        this.#commitAgain(signal),
        ...partitions.map((progress) => this.#follow(progress, handler, signal)),
      ]);
      // A handler that is told to stop gives up the writes that wait for the store.
      await Promise.race([following, aborted(signal)]);
      await handler.stopping();
      this.#write();
    } finally {
      this.#joined = false;
    }
  }

  /**
   * Offsets that cannot be written now are written later. After a restart in between, messages are processed again, which
   * changes nothing.
   */
  commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    for (const [partition, offset] of offsets) this.#uncommitted.set(partition, offset);
    this.#write();
    return Promise.resolve();
  }

  // deno-lint-ignore require-await -- what it throws is a rejection
  async progress(): Promise<PartitionProgress[]> {
    return this.options.embedded.progress();
  }

  #write(): void {
    if (this.#uncommitted.size === 0) return;
    try {
      this.options.embedded.commit(this.#uncommitted);
      this.#uncommitted.clear();
      this.#committing.over();
    } catch (error) {
      this.#committing.happened(error, sqliteAnswer(error).remedy);
    }
  }

  async #commitAgain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(COMMIT_AGAIN_MS, signal).catch(() => {});
      this.#write();
    }
  }

  async #follow({ committed, partition }: PartitionProgress, handler: LogHandler, signal: AbortSignal) {
    const { embedded, random } = this.options;
    const trouble = this.#reading;
    let news = Promise.withResolvers<void>();
    const wake = () => news.resolve();
    const forget = embedded.onAppend(wake);
    signal.addEventListener("abort", wake, { once: true });
    const read = (offset: number) =>
      untilTaken(() => embedded.read(partition, offset, MAX_MESSAGES), { trouble, random, signal })
        .catch((error) => {
          if (signal.aborted) return [];
          throw error;
        });
    try {
      for (let offset = committed; !signal.aborted;) {
        const messages = await read(offset);
        const last = messages.at(-1);
        if (last === undefined) {
          await news.promise;
          news = Promise.withResolvers();
          continue;
        }
        await handler.process(partition, messages, last.offset + 1);
        offset = last.offset + 1;
        // Nothing here waits for anything outside the process: without this a backlog would starve the event loop.
        await delay(0, signal).catch(() => {});
      }
    } finally {
      forget();
      signal.removeEventListener("abort", wake);
    }
  }
}
