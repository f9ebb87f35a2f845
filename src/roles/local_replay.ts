import type { MarketSource } from "../finnhub/simulator/market_source.ts";
import type { Mark } from "../publishing/outgoing_message.ts";
import { parcels } from "../publishing/publisher_buffer.ts";
import type { Trade } from "../market/trade.ts";

/** A market from a frame on, which is due at once. */
export function fromFrame(source: MarketSource, first: number): MarketSource {
  return {
    ...source,
    frames: async function* (startMs, signal) {
      let passed = 0;
      let begin: number | undefined;
      for await (const frame of source.frames(startMs, signal)) {
        if (passed++ < first) continue;
        begin ??= frame.due;
        yield { ...frame, due: frame.due - begin };
      }
    },
  };
}

/**
 * Counts what a recording brings, message by message, from where the log has it.
 *
 * @param done how far the log has it
 * @param add takes the trades of one message, and how far the recording is with them
 */
export function counted(
  done: Mark,
  add: (trades: readonly Trade[], receivedAt: number, mark: Mark) => void,
): (trades: readonly Trade[], receivedAt: number) => void {
  let { frames } = done;
  return (trades, receivedAt) => {
    const skipped = frames === done.frames ? done.parcels : 0;
    const all = parcels(trades, receivedAt);
    for (const [i, parcel] of all.entries()) {
      if (i < skipped) continue;
      const last = i === all.length - 1;
      const mark = last ? { frames: frames + 1, parcels: 0 } : { frames, parcels: i + 1 };
      add(parcel.trades, receivedAt, mark);
    }
    frames++;
  };
}
