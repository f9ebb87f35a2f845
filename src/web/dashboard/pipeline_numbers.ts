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
  /** Whether the feed is connected. */
  connected?: boolean;
  /** Time without a connection to the feed, seconds. */
  gapSeconds?: number;
  deadLetters?: number;
  /** Pages that are open. */
  pages: number;
  /** Identifies this start of the server: another one means that what was shown may have a gap. */
  start: string;
}
