import { Fifo } from "../async/fifo.ts";
import type { SeenTrade } from "./reader.ts";

/** Trades of one symbol that came together, and when the producer took them. */
export interface LiveBatch {
  symbol: string;
  /** Milliseconds since the epoch. */
  received: number;
  trades: readonly SeenTrade[];
}

/** A reader of trades as they come. */
export interface Subscription extends Disposable {
  /** Resolves to what came since the last call, oldest first; empty only after the signal was aborted. */
  next(signal: AbortSignal): Promise<LiveBatch[]>;
  /** Trades that this reader missed because it was slow. */
  readonly dropped: number;
}

/** Trades as they come, to whoever listens. */
export interface LiveTrades {
  /** @param capacity trades held for the reader; beyond it the oldest are dropped and counted. */
  subscribe(capacity: number): Subscription;
}

/** Hands each batch to all readers and waits for none. */
export class TradeHub implements LiveTrades {
  readonly #readers = new Set<Reader>();

  publish(batch: LiveBatch): void {
    for (const reader of this.#readers) reader.add(batch);
  }

  subscribe(capacity: number): Subscription {
    const reader = new Reader(capacity, () => this.#readers.delete(reader));
    this.#readers.add(reader);
    return reader;
  }

  /** Readers now. */
  get readers(): number {
    return this.#readers.size;
  }
}

class Reader implements Subscription {
  readonly #waiting = new Fifo<LiveBatch>();
  #trades = 0;
  #wake = () => {};
  dropped = 0;

  constructor(readonly capacity: number, readonly leave: () => void) {}

  add(batch: LiveBatch): void {
    this.#waiting.push(batch);
    this.#trades += batch.trades.length;
    // A batch larger than the whole capacity is held alone.
    while (this.#trades > this.capacity && this.#waiting.length > 1) {
      const { trades } = this.#waiting.shift()!;
      this.#trades -= trades.length;
      this.dropped += trades.length;
    }
    this.#wake();
  }

  async next(signal: AbortSignal): Promise<LiveBatch[]> {
    const onAbort = () => this.#wake();
    signal.addEventListener("abort", onAbort, { once: true });
    while (this.#waiting.length === 0 && !signal.aborted) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    signal.removeEventListener("abort", onAbort);
    if (signal.aborted) return [];
    const batches: LiveBatch[] = [];
    for (let batch = this.#waiting.shift(); batch; batch = this.#waiting.shift()) batches.push(batch);
    this.#trades = 0;
    return batches;
  }

  [Symbol.dispose](): void {
    this.leave();
  }
}
