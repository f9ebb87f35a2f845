import type { LogHandler, LogReader, PartitionProgress } from "../processing/ports.ts";
import { delay } from "../async/wait.ts";
import type { EmbeddedLog } from "./log.ts";

/** Messages of one delivery. */
const MAX_MESSAGES = 500;

/** Reads all partitions of an embedded log; there is no group, the one reader owns them all. */
export class EmbeddedLogReader implements LogReader {
  #joined = false;

  constructor(readonly log: EmbeddedLog) {}

  get joined(): boolean {
    return this.#joined;
  }

  async run(handler: LogHandler, signal: AbortSignal): Promise<void> {
    const { log } = this;
    const partitions = log.progress();
    handler.assigned(partitions.map(({ partition }) => partition));
    this.#joined = true;
    try {
      await Promise.all(partitions.map((progress) => this.#follow(progress, handler, signal)));
      await handler.stopping();
    } finally {
      this.#joined = false;
    }
  }

  commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    this.log.commit(offsets);
    return Promise.resolve();
  }

  progress(): Promise<PartitionProgress[]> {
    return Promise.resolve(this.log.progress());
  }

  async #follow({ committed, partition }: PartitionProgress, handler: LogHandler, signal: AbortSignal) {
    let news = Promise.withResolvers<void>();
    const wake = () => news.resolve();
    const forget = this.log.onAppend(wake);
    signal.addEventListener("abort", wake, { once: true });
    try {
      for (let offset = committed; !signal.aborted;) {
        const messages = this.log.read(partition, offset, MAX_MESSAGES);
        const last = messages.at(-1);
        if (last === undefined) {
          await news.promise;
          news = Promise.withResolvers();
          continue;
        }
        await handler.process(partition, messages, last.offset + 1);
        offset = last.offset + 1;
        // Everything here is in the process and never waits: without this a backlog would keep all else from its turn.
        await delay(0, signal).catch(() => {});
      }
    } finally {
      forget();
      signal.removeEventListener("abort", wake);
    }
  }
}
