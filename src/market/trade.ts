/** One trade as Finnhub reports it. */
export interface Trade {
  symbol: string;
  price: number;
  /** Traded quantity; 0 for a mere price update. */
  volume: number;
  /** Milliseconds since the epoch, UTC. */
  time: number;
  /** Condition codes; absent and empty mean the same. */
  conditions: readonly string[];
}

/** Earliest time that a trade may carry: 2000-01-01 UTC, in milliseconds. */
export const EARLIEST_TRADE_MS = Date.UTC(2000, 0, 1);
/** How far ahead of now a trade's time may lie, in milliseconds. */
export const FUTURE_TOLERANCE_MS = 86_400_000;
/** Longest symbol, in characters. */
export const MAX_SYMBOL_LENGTH = 64;

/** What is wrong with a trade, in a few words; undefined when nothing is. */
export function tradeFault(
  symbol: string,
  price: number,
  volume: number,
  time: number,
  nowMs: number,
): string | undefined {
  if (symbol.length === 0) return "empty symbol";
  if (symbol.length > MAX_SYMBOL_LENGTH) return `symbol longer than ${MAX_SYMBOL_LENGTH} characters`;
  if (!Number.isFinite(price) || price < 0) return "price not finite or negative";
  if (!Number.isFinite(volume) || volume < 0) return "volume not finite or negative";
  if (!(time >= EARLIEST_TRADE_MS)) return "time before 2000-01-01";
  if (time > nowMs + FUTURE_TOLERANCE_MS) return "time more than a day ahead";
  return undefined;
}
