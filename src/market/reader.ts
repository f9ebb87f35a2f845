import type { Bar, BarKind } from "./bars.ts";
import type { SessionName } from "./calendar/calendar_file.ts";
import type { StoredSpan } from "./following/completeness.ts";
import type { FetchedCandle } from "./following/fetched.ts";

/** A candle as it is read back. */
export interface Candle {
  /** Start of its interval, milliseconds since the epoch. */
  start: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  /** Volume-weighted average price; absent where the volume is 0. */
  vwap?: number;
  /** Number of trades. */
  trades: number;
  /**
   * Whether the feed brought all its trades: false where a gap touches it, absent where that is not known, or was not asked for.
   */
  complete?: boolean;
  /** Which part of the exchange's day its trades are of, where candles of each were asked for. */
  session?: SessionName;
  /** `rest` where it was fetched from the feed's REST API, in place of trades that nobody has. */
  source?: "rest";
}

/** A candle by sale conditions: where no trade set a price, that is null. */
export interface SipCandle extends Omit<Candle, "open" | "high" | "low" | "close"> {
  open: number | null;
  high: number | null;
  low: number | null;
  close: number | null;
}

/** A running average as it is read back: the trades of the 15 seconds before its end. */
export interface Average {
  /** End of the window, milliseconds since the epoch. */
  end: number;
  vwap?: number;
  /** Mean of price × volume. */
  turnover: number;
  trades: number;
}

/** One trade as it is shown. */
export interface SeenTrade {
  symbol: string;
  /** Milliseconds since the epoch. */
  time: number;
  price: number;
  volume: number;
  conditions: readonly string[];
}

/** Reads what the pipeline has stored, for people and programs. Every answer is bounded by its limit. */
export interface MarketReader {
  /** Every symbol of which something is stored, sorted. */
  symbols(): Promise<string[]>;
  /** The newest `limit` candles that start in [from, to), earliest first. */
  candles(symbol: string, interval: string, from: number, to: number, limit: number): Promise<Candle[]>;
  /** The same by sale conditions. */
  sipCandles(symbol: string, interval: string, from: number, to: number, limit: number): Promise<SipCandle[]>;
  /** What is known of a symbol's feed in [from, to): every span that may touch it, in no order. */
  feedSpans(symbol: string, from: number, to: number): Promise<StoredSpan[]>;
  /** Candles that start in [from, to) and were fetched in place of trades, earliest first. */
  fetchedCandles(symbol: string, interval: string, from: number, to: number): Promise<FetchedCandle[]>;
  /** The newest `limit` bars of the UTC hours that [from, to) touches, earliest first. */
  bars(symbol: string, kind: BarKind, from: number, to: number, limit: number): Promise<Bar[]>;
  /** The newest `limit` averages that end in [from, to), earliest first. */
  averages(symbol: string, from: number, to: number, limit: number): Promise<Average[]>;
  /** The newest `limit` trades before a time, newest first. */
  trades(symbol: string, before: number, limit: number): Promise<SeenTrade[]>;
}
