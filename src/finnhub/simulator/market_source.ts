import type { Instrument } from "./instruments.ts";

/** A trade as a frame carries it; `c` may be absent, null or empty. */
export interface FrameTrade {
  s: string;
  p: number;
  t: number;
  v: number;
  c?: readonly string[] | null;
}

/** A frame and when it is due. */
export interface TimedFrame {
  /** Milliseconds after the market's start; frames come in the order of it. 0 throughout for "as fast as possible". */
  due: number;
  trades: readonly FrameTrade[];
}

/** Where the simulator's frames come from. */
export interface MarketSource {
  /** Symbols that can be looked up and subscribed to. */
  symbols: readonly string[];
  /** What is known of a symbol before its first trade; absent for a recording. */
  instrument?(symbol: string): Instrument;
  /** Whether frames wait for a client in place of being lost without one. */
  waitsForClient: boolean;
  /** The frames of a market that starts at `startMs` (milliseconds since the epoch). */
  frames(startMs: number, signal: AbortSignal): AsyncIterable<TimedFrame>;
}
