import type { FeedSpan } from "../market/following/span.ts";
import type { Parcel } from "./publisher_buffer.ts";

/**
 * Remembers over which times trades were shed, one time a symbol until it is told: a symbol's candles lack them as they lack what
 * was never received.
 */
export class ShedSpans {
  readonly #spans = new Map<string, { from: number; to: number }>();

  /** Symbols of which trades were shed and nothing is told yet. */
  get size(): number {
    return this.#spans.size;
  }

  /** Notes a parcel that was shed. What is told of a feed is no loss: the next word of it tells the same. */
  add({ symbol, trades }: Parcel): void {
    let { from, to } = this.#spans.get(symbol) ?? { from: Infinity, to: -Infinity };
    for (const { time } of trades) {
      from = Math.min(from, time);
      to = Math.max(to, time + 1);
    }
    if (from < to) this.#spans.set(symbol, { from, to });
  }

  /** What is to be told, and forgotten here. */
  take(): FeedSpan[] {
    const spans = [...this.#spans].map(([symbol, { from, to }]): FeedSpan => ({
      kind: "gap",
      symbol,
      from,
      to,
      why: "shed",
    }));
    this.#spans.clear();
    return spans;
  }
}
