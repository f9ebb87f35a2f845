import type { MarketSource, TimedFrame } from "./market_source.ts";
import { Floor, type FloorOptions } from "./floor.ts";
import { instrumentOf } from "./instruments.ts";
import { seededRandom } from "../random.ts";

export interface SyntheticOptions extends Omit<FloorOptions, "hours"> {
  /** Trades a second over all symbols. */
  rate: number;
  /** Whether stocks and currencies trade in their hours alone. Default: they always do. */
  hours?: boolean;
}

/** Shortest time between two frames, milliseconds: at a high rate a frame carries several trades. */
const FRAME_MS = 20;
/** Most trades of one frame, which keeps it far below the 1 MiB that clients read. */
const MAX_FRAME_TRADES = 2000;

/**
 * A market of symbols that trade around their reference prices. Prices, volumes and conditions depend on the seed alone, times on the
 * start; with `hours` who trades depends on it, too.
 *
 * @param floor where it goes on; from the reference prices when absent
 */
export function syntheticMarket(options: SyntheticOptions, floor?: Floor): MarketSource {
  const { hours = false, seed, symbols } = options;
  return {
    symbols,
    waitsForClient: false,
    instrument: (symbol) => instrumentOf(symbol, seed),
    frames: (startMs) => trading(options, floor?.copy() ?? new Floor({ symbols, seed, hours }), startMs),
  };
}

async function* trading(
  { rate, seed }: SyntheticOptions,
  floor: Floor,
  startMs: number,
): AsyncGenerator<TimedFrame> {
  const random = seededRandom(seed);
  const perFrame = Math.min(MAX_FRAME_TRADES, Math.max(1, Math.round(rate * FRAME_MS / 1000)));
  for (let sent = 0;; sent += perFrame) {
    const due = sent / rate * 1000;
    const time = Math.floor(startMs + due);
    const trades = Array.from({ length: perFrame }, () => floor.next(time, random))
      .filter((trade) => trade !== undefined);
    yield { due, trades };
    // Night goes by in steps of a second: a frame without trades says that time goes on.
    if (trades.length === 0) sent += Math.ceil(rate);
  }
}
