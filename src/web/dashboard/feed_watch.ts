import { readBounded } from "../../finnhub/bounded_body.ts";
import { errorText, type Logger } from "../../telemetry/log.ts";
import { metricLabels, metricSum } from "../../telemetry/read_metrics.ts";
import { delay, inTime } from "../../async/wait.ts";
import type { PipelineNumbers } from "./pipeline_numbers.ts";

export interface FeedWatchOptions {
  /** Base address of the producer's HTTP server; nothing is known of the feed without. */
  producer: URL | undefined;
  fetch: (url: URL, signal: AbortSignal) => Promise<Response>;
  log: Logger;
  /** Milliseconds between two looks. Default 2000. */
  pause?: number;
}

const TIMEOUT_MS = 2000;
const MAX_BYTES = 1024 * 1024;

type FeedNumbers = Pick<PipelineNumbers, "connected" | "feed" | "gapSeconds">;

/** Looks now and then at the producer's metrics: how the feed is. */
export class FeedWatch {
  #numbers: FeedNumbers = {};

  constructor(readonly options: FeedWatchOptions) {}

  /** Empty while not known. */
  get numbers(): FeedNumbers {
    return this.#numbers;
  }

  /** Runs until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { fetch, pause = 2000, log, producer } = this.options;
    if (!producer) return;
    const metrics = new URL("metrics", producer.href.replace(/\/?$/, "/"));
    while (!signal.aborted) {
      try {
        const text = await inTime(TIMEOUT_MS, signal, async (either) => {
          return await readBounded(await fetch(metrics, either), MAX_BYTES);
        });
        this.#numbers = {
          connected: metricSum(text, "finnhub_pipe_feed_connected") > 0,
          gapSeconds: metricSum(text, "finnhub_pipe_feed_gap_seconds_total"),
          feed: {
            source: "finnhub",
            refused: Object.fromEntries(
              metricLabels(text, "finnhub_pipe_feed_symbol_refused", "symbol").map((symbol) => [symbol, ""]),
            ),
          },
        };
      } catch (error) {
        this.#numbers = {};
        log.debug("the producer cannot be asked for its metrics", { error: errorText(error) });
      }
      await delay(pause, signal).catch(() => {});
    }
  }
}
