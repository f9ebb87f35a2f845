import { finnhubAccess } from "../finnhub/access.ts";
import { Feed } from "../finnhub/feed.ts";
import { FeedDesk } from "../finnhub/feed_desk.ts";
import { playMarket } from "../finnhub/simulator/player.ts";
import { badLines, openReplay } from "../finnhub/simulator/replay.ts";
import { syntheticMarket } from "../finnhub/simulator/synthetic.ts";
import type { MarketSettings } from "../settings/simulator.ts";
import type { Trade } from "../market/trade.ts";
import type { FinnhubSettings } from "../settings/finnhub.ts";
import type { Settings } from "../settings/settings.ts";
import type { Logger } from "../telemetry/log.ts";
import type { MetricRegistry } from "../telemetry/metrics.ts";
import { aborted, delay } from "../async/wait.ts";
import type { PipelineNumbers } from "../web/dashboard/pipeline_numbers.ts";
import type { SymbolDesk } from "../web/dashboard/symbol_desk.ts";

export type LocalFeedSettings =
  | keyof FinnhubSettings
  | keyof MarketSettings
  | "finnhubWsUrl"
  | "tickers"
  | "finnhubIdleTimeout";

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
  /** Why no trades can come, in a few words; undefined while they can. */
  trouble(): string | undefined;
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
  const { loop, now, rate, replay, seed, speed, symbols } = settings;
  const access = finnhubAccess(settings);
  if (replay === undefined && access.token !== "") {
    let sink: TradeSink | undefined;
    const feed = new Feed({
      ...access,
      wsUrl: settings.finnhubWsUrl,
      symbols: [...settings.tickers, ...followed.all()],
      idleTimeout: settings.finnhubIdleTimeout,
      onTrades: (trades, receivedAt) => sink?.add(trades, receivedAt),
      registry,
      log,
      random: Math.random,
      now: Date.now,
    });
    return {
      name: settings.finnhubWsUrl.host,
      desk: new FeedDesk({
        access,
        feed,
        random: Math.random,
        remember: (symbol) => followed.add(symbol),
      }),
      run: (into, signal) => {
        sink = into;
        return feed.run(signal);
      },
      trouble: () => feed.trouble,
      numbers: () => ({ connected: feed.connected, gapSeconds: feed.gapSeconds }),
    };
  }
  const open = async (file: string) => (await Deno.open(file)).readable;
  const source = replay === undefined
    ? syntheticMarket({ symbols, rate, seed })
    : await openReplay({ file: replay, speed, loop, now, open, onBadLine: badLines(replay, log) });
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
    trouble: () => undefined,
    numbers: () => ({ gapSeconds: 0 }),
  };
}
