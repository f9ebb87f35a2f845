import type { FrameTrade, MarketSource, TimedFrame } from "./market_source.ts";
import { seededRandom } from "../random.ts";

export interface SyntheticOptions {
  symbols: readonly string[];
  /** Trades a second over all symbols. */
  rate: number;
  seed: number;
}

/** Shortest time between two frames, milliseconds: at a high rate a frame carries several trades. */
const FRAME_MS = 20;
/** Most trades of one frame, which keeps it far below the 1 MiB that clients read. */
const MAX_FRAME_TRADES = 2000;
/** Relative size of one step of a price. */
const STEP = 0.0002;

/** A market of random walks. Prices, volumes and conditions depend on the seed alone, times on the start. */
export function syntheticMarket(options: SyntheticOptions): MarketSource {
  return { symbols: options.symbols, waitsForClient: false, frames: (startMs) => walk(options, startMs) };
}

async function* walk({ rate, seed, symbols }: SyntheticOptions, startMs: number): AsyncGenerator<TimedFrame> {
  const random = seededRandom(seed);
  const prices = symbols.map(() => Math.round(10 ** (1 + 3 * random()) * 100) / 100);
  const perFrame = Math.min(MAX_FRAME_TRADES, Math.max(1, Math.round(rate * FRAME_MS / 1000)));
  for (let sent = 0;; sent += perFrame) {
    const due = sent / rate * 1000;
    const trades = Array.from({ length: perFrame }, () => {
      const i = Math.floor(random() * symbols.length);
      prices[i] = step(prices[i]!, random);
      return trade(symbols[i]!, prices[i]!, Math.floor(startMs + due), random);
    });
    yield { due, trades };
  }
}

/** One step of a geometric walk, in cents and never below one. */
function step(price: number, random: () => number): number {
  return Math.max(0.01, Math.round(price * (1 + STEP * (random() + random() - 1)) * 100) / 100);
}

function trade(symbol: string, price: number, time: number, random: () => number): FrameTrade {
  const volume = random() < 0.02 ? 0 : Math.ceil(random() ** 3 * 1000) / 100;
  const base = { s: symbol, p: price, t: time, v: volume };
  const kind = random();
  // The feed sends codes for stocks, and nothing, null or an empty list for the rest.
  if (kind < 0.2) return { ...base, c: ["1", "12"] };
  if (kind < 0.3) return { ...base, c: [] };
  return kind < 0.5 ? base : { ...base, c: null };
}
