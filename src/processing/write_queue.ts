import { Fifo } from "../async/fifo.ts";
import type { Logger } from "../telemetry/log.ts";
import { errorText } from "../telemetry/log.ts";
import { Trouble } from "../telemetry/trouble.ts";
import type { Histogram } from "../telemetry/metrics.ts";
import { backoff, delay, isAbort } from "../async/wait.ts";

export interface WriteQueueOptions {
  /** Writes under way at once. */
  concurrency: number;
  /** Rows waiting and under way above which {@linkcode WriteQueue.room} waits. */
  maxRows: number;
  log: Logger;
  random: () => number;
  /** Milliseconds, monotonic. */
  clock: () => number;
  /** Milliseconds since the epoch; default {@linkcode Date.now}. */
  now?: () => number;
  /** What an error of the store says, and what to do about it. */
  explain?: ((error: unknown) => Explained) | undefined;
  /** Seconds from first attempt to acknowledgement. */
  latency: Histogram;
  /** Aborted when the process gives up; pending writes reject. */
  signal: AbortSignal;
}

/** An error for people. */
export interface Explained {
  text: string;
  remedy?: string | undefined;
}

interface Job {
  rows: number;
  run(): Promise<void>;
  done(): void;
  failed(error: unknown): void;
}

/**
 * Runs store writes, a bounded number at once, and repeats each until it is acknowledged: with the store away nothing is
 * skipped, and memory is bounded by whoever waits for {@linkcode room} before adding more.
 */
export class WriteQueue {
  readonly #waiting = new Fifo<Job>();
  #running = 0;
  #rows = 0;
  #failing = 0;
  #roomWaiters: (() => void)[] = [];

  readonly #trouble: Trouble;

  constructor(readonly options: WriteQueueOptions) {
    const { log, now = Date.now } = options;
    this.#trouble = new Trouble({ what: "the store does not take writes", log, now });
  }

  /** Rows not yet acknowledged. */
  get pendingRows(): number {
    return this.#rows;
  }

  /** Why some write has failed and not yet succeeded, and since when; undefined while the store takes them. */
  get trouble(): string | undefined {
    return this.#trouble.reason;
  }

  /** Adds a write of `rows` rows; resolves when it is acknowledged, rejects only when the queue is given up. */
  add(rows: number, run: () => Promise<void>): Promise<void> {
    this.#rows += rows;
    return new Promise((done, failed) => {
      this.#waiting.push({ rows, run, done, failed });
      this.#next();
    });
  }

  /** Resolves when another batch may be added; rejects when the queue is given up. */
  async room(): Promise<void> {
    const { maxRows, signal } = this.options;
    while (this.#rows >= maxRows) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
    }
  }

  #next(): void {
    while (this.#running < this.options.concurrency) {
      const job = this.#waiting.shift();
      if (!job) return;
      this.#running++;
      this.#attempt(job).then(job.done, job.failed).finally(() => {
        this.#running--;
        this.#rows -= job.rows;
        for (const resolve of this.#roomWaiters.splice(0)) resolve();
        this.#next();
      });
    }
  }

  async #attempt(job: Job): Promise<void> {
    const { clock, explain, latency, random, signal } = this.options;
    const start = clock();
    let failing = false;
    try {
      for (let attempt = 0;; attempt++) {
        signal.throwIfAborted();
        try {
          await job.run();
          latency.observe((clock() - start) / 1000);
          return;
        } catch (error) {
          if (isAbort(error, signal)) throw error;
          if (!failing) this.#failing++;
          failing = true;
          const { remedy, text }: Explained = explain?.(error) ?? { text: errorText(error) };
          this.#trouble.happened(text, remedy);
          await delay(backoff(attempt, { base: 100, cap: 3000, random }), signal);
        }
      }
    } finally {
      if (failing) this.#failing--;
      if (failing && this.#failing === 0) this.#trouble.over();
    }
  }
}
