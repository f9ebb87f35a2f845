import { Feed } from "../finnhub/feed.ts";
import { FeedDesk } from "../finnhub/feed_desk.ts";
import { playMarket } from "../finnhub/player.ts";
import { openReplay } from "../finnhub/replay.ts";
import { syntheticMarket } from "../finnhub/synthetic.ts";
import type { Trade } from "../market/trade.ts";
import type { SettingName, Settings } from "../settings/settings.ts";
import type { Logger } from "../telemetry/log.ts";
import type { MetricRegistry } from "../telemetry/metrics.ts";
import { aborted, delay } from "../async/wait.ts";
import type { PipelineNumbers } from "../web/dashboard/pipeline_numbers.ts";
import type { SymbolDesk } from "../web/dashboard/symbol_desk.ts";

export type LocalFeedSettings = Extract<
  SettingName,
  | "finnhubWsUrl"
  | "finnhubRestUrl"
  | "finnhubApiToken"
  | "tickers"
  | "feedIdleTimeout"
  | "replay"
  | "speed"
  | "loop"
  | "now"
  | "symbols"
  | "rate"
  | "seed"
>;

export interface LocalFeedOptions {
  settings: Pick<Settings, LocalFeedSettings>;
  /** Symbols that were added on the page. */
  followed: { all(): string[]; add(symbol: string): void };
  registry: MetricRegistry;
  log: Logger;
}

/** Where a feed's trades go. */
export interface TradeSink {
  add(trades: readonly Trade[], receivedAt: number): void;
  /** Trades that wait. */
  pending(): number;
}

/** Where the trades of role `local` come from. */
export interface LocalFeed {
  /** Says in a word what it is. */
  name: string;
  /** Gives trades until the signal is aborted. */
  run(sink: TradeSink, signal: AbortSignal): Promise<void>;
  /** Where symbols are found and added; undefined where the feed has no others. */
  desk?: SymbolDesk;
  /** What it has to say on the pipeline panel. */
  numbers(): Pick<PipelineNumbers, "connected" | "gapSeconds">;
}

/** Trades that may wait before a market at greatest speed is held back. */
const MAX_PENDING = 10_000;

/**
 * A replay where a file is named, Finnhub where a token is set, else a synthetic market.
 *
 * @throws {ReplayError} for a file that cannot be used.
 */
export async function openFeed({ followed, log, registry, settings }: LocalFeedOptions): Promise<LocalFeed> {
  const { finnhubApiToken, finnhubWsUrl, loop, now, rate, replay, seed, speed, symbols } = settings;
  if (replay === undefined && finnhubApiToken !== "") {
    let sink: TradeSink | undefined;
    const feed = new Feed({
      url: finnhubWsUrl,
      token: finnhubApiToken,
      symbols: [...settings.tickers, ...followed.all()],
      idleTimeout: settings.feedIdleTimeout,
      onTrades: (trades, receivedAt) => sink?.add(trades, receivedAt),
      registry,
      log,
      random: Math.random,
      now: Date.now,
    });
    return {
      name: finnhubWsUrl.host,
      desk: new FeedDesk({
        feed,
        restUrl: settings.finnhubRestUrl,
        token: finnhubApiToken,
        fetch,
        random: Math.random,
        remember: (symbol) => followed.add(symbol),
      }),
      run: (into, signal) => {
        sink = into;
        return feed.run(signal);
      },
      numbers: () => ({ connected: feed.connected, gapSeconds: feed.gapSeconds }),
    };
  }
  const open = async (file: string) => (await Deno.open(file)).readable;
  const source = replay === undefined
    ? syntheticMarket({ symbols, rate, seed })
    : await openReplay({ file: replay, speed, loop, now, open });
  return {
    name: replay ?? "synthetic market",
    run: async (sink, signal) => {
      await playMarket({
        source,
        onTrades: sink.add,
        room: async () => {
          while (sink.pending() > MAX_PENDING) await delay(1, signal);
        },
        now: Date.now,
        clock: () => performance.now(),
      }, signal);
      if (signal.aborted) return;
      log.info("the market has come to its end; the page stays until it is stopped");
      await aborted(signal);
    },
    numbers: () => ({ gapSeconds: 0 }),
  };
}
