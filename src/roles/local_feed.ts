import { finnhubAccess } from "../finnhub/access.ts";
import { Feed } from "../finnhub/feed.ts";
import { FeedDesk } from "../finnhub/feed_desk.ts";
import { playMarket } from "../finnhub/simulator/player.ts";
import { badLines, openReplay } from "../finnhub/simulator/replay.ts";
import type { MarketSource } from "../finnhub/simulator/market_source.ts";
import { recordingOf, type Replays } from "../embedded/replays.ts";
import type { Mark } from "../publishing/outgoing_message.ts";
import { counted, fromFrame } from "./local_replay.ts";
import type { MarketSettings } from "../settings/simulator.ts";
import type { FeedSpan } from "../market/following/span.ts";
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
  | "finnhubIdleTimeout"
  | "bufferTrades";

export interface LocalFeedOptions {
  settings: Pick<Settings, LocalFeedSettings>;
  /** The simulated market; it trades where neither a recording nor a token is. */
  market(): Promise<MarketSource>;
  /** Symbols that were added on the page. */
  followed: { all(): string[]; add(symbol: string): void };
  /** How far recordings are in the log; absent where nothing outlives the process. */
  replays?: Replays | undefined;
  /** When the log's newest message was sent, milliseconds since the epoch; absent where it has none. */
  lastSent?: number | undefined;
  registry: MetricRegistry;
  log: Logger;
}

/** Where a feed's trades go. */
export interface TradeSink {
  /** @param mark how far the recording is that they come from */
  add(trades: readonly Trade[], receivedAt: number, mark?: Mark): void;
  /** Takes over which times symbols were followed, or were not. */
  addSpans(spans: readonly FeedSpan[], at: number): void;
  /** Trades that wait. */
  pending(): number;
}

/** Where the trades of role `local` come from. */
export interface LocalFeed {
  /** Says in a word what it is. */
  name: string;
  /** Gives trades until the signal is aborted. */
  run(sink: TradeSink, signal: AbortSignal): Promise<void>;
  /** Keeps how far a recording is in the log; undefined where nobody has to know. */
  keepMark?: (mark: Mark) => void;
  /** Where symbols are found and added; undefined where the feed has no others. */
  desk?: SymbolDesk;
  /** Why no trades can come, in a few words; undefined while they can. */
  trouble(): string | undefined;
  /** What it has to say on the pipeline panel. */
  numbers(): Pick<PipelineNumbers, "connected" | "feed" | "gapSeconds">;
}

/** Refused symbols that a page hears of. */
const MAX_REFUSED = 50;
/** Most trades that may wait before a market at greatest speed is held back. */
const MAX_PENDING = 10_000;

/**
 * A replay where a file is named, Finnhub where a token is set, else the simulated market.
 *
 * @throws {ReplayError} for a file that cannot be used.
 */
export async function openFeed(
  { followed, lastSent, log, market, registry, replays, settings }: LocalFeedOptions,
): Promise<LocalFeed> {
  const { loop, now, replay, speed } = settings;
  const access = finnhubAccess(settings);
  if (replay === undefined && access.token !== "") {
    let sink: TradeSink | undefined;
    const feed = new Feed({
      ...access,
      wsUrl: settings.finnhubWsUrl,
      symbols: [...settings.tickers, ...followed.all()],
      idleTimeout: settings.finnhubIdleTimeout,
      onTrades: (trades, receivedAt) => sink?.add(trades, receivedAt),
      onSpans: (spans, at) => sink?.addSpans(spans, at),
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
        if (lastSent !== undefined) feed.goesOnFrom(lastSent);
        return feed.run(signal);
      },
      trouble: () => feed.trouble,
      numbers: () => ({
        connected: feed.connected,
        gapSeconds: feed.gapSeconds,
        feed: {
          source: "finnhub",
          ...(feed.trouble !== undefined && { trouble: feed.trouble }),
          refused: Object.fromEntries([...feed.refused].slice(0, MAX_REFUSED)),
        },
      }),
    };
  }
  const open = async (file: string) => (await Deno.open(file)).readable;
  const source = replay === undefined
    ? await market()
    : await openReplay({ file: replay, speed, loop, now, open, onBadLine: badLines(replay, log) });
  // With times of its own, which --now gives, a recording is another one each time.
  const goingOn = replay === undefined || replays === undefined || now
    ? undefined
    : await progressOf(replays, await open(replay), log);
  // What waits is within the buffer, so that nothing of a market that can wait is shed.
  const maxPending = Math.min(MAX_PENDING, settings.bufferTrades / 2);
  let ended = false;
  return {
    name: replay ?? "synthetic market",
    ...(goingOn && { keepMark: goingOn.keep }),
    run: async (sink, signal) => {
      let played = false;
      const onTrades = goingOn === undefined ? sink.add : counted(goingOn.mark, sink.add);
      await playMarket({
        source: goingOn === undefined ? source : fromFrame(source, goingOn.mark.frames),
        onTrades: (trades, receivedAt) => {
          played = true;
          onTrades(trades, receivedAt);
        },
        room: async () => {
          while (sink.pending() > maxPending) await delay(1, signal);
        },
        now: Date.now,
        clock: () => performance.now(),
      }, signal);
      if (signal.aborted) return;
      ended = true;
      log.info(
        played
          ? "the market has come to its end; the page stays until it is stopped"
          : "the folder has all of this recording: nothing is played again. Name another folder with --data, or play it as new with --now",
      );
      await aborted(signal);
    },
    trouble: () => undefined,
    numbers: () => ({
      gapSeconds: 0,
      feed: { source: replay === undefined ? "simulated" : "recording", ended },
    }),
  };
}

/** How far a recording is in the log: what is there is not played again. */
async function progressOf(
  replays: Replays,
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
  log: Logger,
): Promise<{ mark: Mark; keep(mark: Mark): void }> {
  const recording = await recordingOf(bytes);
  const mark = replays.markOf(recording);
  if (mark.frames > 0 || mark.parcels > 0) {
    log.info("the folder has the beginning of this recording, which goes on where it was", {
      frames: mark.frames,
    });
  }
  return { mark, keep: (next) => replays.keep(recording, next) };
}
