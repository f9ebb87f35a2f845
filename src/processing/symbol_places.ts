import { hoursOf } from "../batch/fold.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Counter } from "../telemetry/metrics.ts";

/** Symbols whose partitions are remembered: beyond it the longest known are forgotten. */
const MAX_SYMBOLS = 100_000;
/** Hours of symbols that wait for their repair; the batch layer finds what is beyond. */
const MAX_HOURS = 10_000;
/** Symbols that are named in the log; the metric counts all. */
const MAX_TOLD = 20;

/**
 * Notices a symbol that comes in more than one partition of a topic. Its windows have one row each, and each partition writes it
 * from its own trades alone: of two that write at once the later wins, and the row lacks what the other has. The raw trades
 * are all there, of which a repair makes the windows right soon after. Our producer never does it; another writer with another
 * partitioner may.
 */
export class SymbolPlaces {
  readonly #partitionOf = new Map<string, number>();
  readonly #split = new Set<string>();
  readonly #touched = new Map<string, { symbol: string; hour: number }>();

  constructor(readonly log: Logger, readonly counter: Counter) {}

  /** Notes that a symbol in two partitions has a trade at a time, milliseconds: its windows of that hour may lack others. */
  touch(symbol: string, time: number): void {
    if (this.#split.size === 0 || !this.#split.has(symbol)) return;
    if (this.#touched.size >= MAX_HOURS) return;
    for (const hour of hoursOf(time)) this.#touched.set(`${hour} ${symbol}`, { symbol, hour });
  }

  /** The hours of such symbols since the last call. */
  takeTouched(): { symbol: string; hour: number }[] {
    const touched = [...this.#touched.values()];
    this.#touched.clear();
    return touched;
  }

  /** Notes that a symbol came in a partition, or that a row of it is of that partition. */
  note(symbol: string, partition: number): void {
    const known = this.#partitionOf.get(symbol);
    if (known === partition) return;
    if (known === undefined) {
      if (this.#partitionOf.size >= MAX_SYMBOLS) {
        this.#partitionOf.delete(this.#partitionOf.keys().next().value!);
      }
      this.#partitionOf.set(symbol, partition);
      return;
    }
    if (this.#split.has(symbol) || this.#split.size >= MAX_SYMBOLS) return;
    this.#split.add(symbol);
    this.counter.add();
    if (this.#split.size > MAX_TOLD) return;
    this.log.warn(
      "a symbol comes in two partitions: its windows lack trades until they are repaired, which is soon. Let all writers key " +
        "their messages by symbol and use Kafka's default partitioner",
      { symbol, partitions: `${known},${partition}` },
    );
  }

  /** Symbols may have moved: the topic may have another layout. */
  clear(): void {
    this.#partitionOf.clear();
  }
}
