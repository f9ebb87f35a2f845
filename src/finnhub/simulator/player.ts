import type { Trade } from "../../market/trade.ts";
import { delay } from "../../async/wait.ts";
import type { MarketSource } from "./market_source.ts";

export interface PlayerOptions {
  source: MarketSource;
  onTrades(trades: readonly Trade[], receivedAt: number): void;
  /** Resolves when there is room for more; a market at greatest speed would fill any buffer. */
  room(): Promise<void>;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Milliseconds, monotonic. */
  clock: () => number;
}

/** Plays a market in this process, each frame when it is due; resolves at its end, or when the signal is aborted. */
export async function playMarket(options: PlayerOptions, signal: AbortSignal): Promise<void> {
  const { clock, now, onTrades, room, source } = options;
  const start = clock();
  let count = 0;
  try {
    for await (const { due, trades } of source.frames(now(), signal)) {
      const wait = () => due - (clock() - start);
      while (wait() > 1) await delay(wait(), signal);
      // The event loop must turn now and then even when the market runs at greatest speed.
      if (++count % 64 === 0) await delay(0, signal);
      await room();
      if (signal.aborted) return;
      onTrades(
        trades.map(({ c, p, s, t, v }) => ({ symbol: s, price: p, volume: v, time: t, conditions: c ?? [] })),
        now(),
      );
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
