import { secondsSince } from "../market/message_time.ts";
import { errorText, type Logger } from "../telemetry/log.ts";
import type { LogReader } from "./ports.ts";
import type { ProcessorMetrics } from "./processor_metrics.ts";

export interface LagWatchOptions {
  reader: LogReader;
  metrics: ProcessorMetrics;
  log: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Age of the oldest unprocessed message above which the processor is behind, milliseconds. */
  readyMaxLag: number;
}

/** How far a partition is: its highest offset in memory, and when the newest message that was processed was sent, milliseconds. */
export interface Progress {
  readonly applied: number;
  readonly lastTimestamp: number | undefined;
}

/** Measures how many messages wait, and whether some wait for too long. */
export class LagWatch {
  #assigned: readonly number[] = [];
  /** By partition, since when messages wait, milliseconds. */
  readonly #since = new Map<number, number>();
  #behind = true;

  constructor(readonly options: LagWatchOptions) {}

  /** Whether messages wait for longer than allowed, as far as is known. */
  get behind(): boolean {
    return this.#behind;
  }

  assigned(partitions: readonly number[]): void {
    for (const partition of this.#assigned) this.options.metrics.lag.remove({ partition: String(partition) });
    this.#since.clear();
    this.#assigned = partitions;
  }

  /** @param progressOf undefined for a partition of which nothing was processed yet */
  async measure(progressOf: (partition: number) => Progress | undefined): Promise<void> {
    const { log, metrics, now, reader, readyMaxLag } = this.options;
    try {
      let behind = false;
      for (const { committed, end, partition } of await reader.progress()) {
        if (!this.#assigned.includes(partition)) continue;
        const progress = progressOf(partition);
        const lag = Math.max(0, end - Math.max(committed, (progress?.applied ?? -1) + 1));
        metrics.lag.set(lag, { partition: String(partition) });
        if (lag === 0) this.#since.delete(partition);
        else if (!this.#since.has(partition)) this.#since.set(partition, now());
        if (lag > 0 && this.#age(partition, progress) > readyMaxLag) behind = true;
      }
      this.#behind = behind;
    } catch (error) {
      log.debug("the lag could not be measured", { error: errorText(error) });
    }
  }

  /** Age of the newest message that was processed, milliseconds; where messages tell no time, how long some have waited. */
  #age(partition: number, progress: Progress | undefined): number {
    const { now } = this.options;
    if (progress?.lastTimestamp === undefined) return Infinity;
    const seconds = secondsSince(progress.lastTimestamp, now());
    return seconds === undefined ? now() - (this.#since.get(partition) ?? now()) : 1000 * seconds;
  }
}
