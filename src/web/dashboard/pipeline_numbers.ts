/** Where trades come from, and how that is. */
export interface FeedState {
  source: "finnhub" | "recording" | "simulated";
  /** Whether a recording was played to its end. */
  ended?: boolean;
  /** Why no trades can come, in a few words. */
  trouble?: string;
  /** Symbols that the feed does not take at present, and what it said of each; the first 50. */
  refused?: Readonly<Record<string, string>>;
}

/** What the page's pipeline panel shows; what is absent is not known where the page is served. */
export interface PipelineNumbers {
  /**
   * From the producer's send to the stored row, or to the page's server, milliseconds; upper bounds. Infinity, above the
   * largest bound, arrives as null: JSON has no other number for it.
   */
  latency?: { p50: number | null; p99: number | null; to: "stored" | "page" };
  /** Messages that are not yet processed. */
  lag?: number;
  /** Trades that came since the start. */
  trades: number;
  feed?: FeedState;
  /** Whether the feed is connected. */
  connected?: boolean;
  /** Time without a connection to the feed, seconds. */
  gapSeconds?: number;
  deadLetters?: number;
  /** The server's time, milliseconds since the epoch. */
  now: number;
  /** Pages that are open. */
  pages: number;
  /** Identifies this start of the server: another one means that what was shown may have a gap. */
  start: string;
}
