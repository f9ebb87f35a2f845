import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Feed } from "../../src/finnhub/feed.ts";
import type { FrameTrade, MarketSource } from "../../src/finnhub/market_source.ts";
import { openReplay } from "../../src/finnhub/replay.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../src/finnhub/simulator.ts";
import { searchSymbols, SymbolSearchError, validateSymbols } from "../../src/finnhub/symbols.ts";
import { syntheticMarket } from "../../src/finnhub/synthetic.ts";
import type { Trade } from "../../src/market/trade.ts";
import type { Misbehaviour } from "../../src/settings.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { integrationTest, permitted } from "../needs.ts";
import { until } from "../services/until.ts";

const TOKEN = "feed-secret-token";
const SYMBOLS = ["X:A", "X:B", "C"];
const FRAMES = 400;
const PER_FRAME = 3;
const RECORDED = new URL("../../../shared/data/bybit_20260809.ndjson.gz", import.meta.url);

/** Frames of three trades whose prices number them, played at greatest speed. */
function numbered(frames = FRAMES): MarketSource {
  const trade = (id: number): FrameTrade => ({
    s: SYMBOLS[id % SYMBOLS.length]!,
    p: id,
    t: 1_700_000_000_000 + id,
    v: 1,
  });
  return {
    symbols: SYMBOLS,
    waitsForClient: true,
    async *frames() {
      for (let i = 0; i < frames; i++) {
        yield { due: 0, trades: Array.from({ length: PER_FRAME }, (_, k) => trade(PER_FRAME * i + k)) };
      }
    },
  };
}

function metric(registry: MetricRegistry, name: string): number {
  const line = registry.text().split("\n").find((line) => line.startsWith(`finnhub_pipe_${name} `));
  return Number(line?.split(" ")[1] ?? 0);
}

/** A simulator and the feeds that are connected to it, all in this process; nothing of them may be left at its end. */
class Exchange implements AsyncDisposable {
  readonly registry = new MetricRegistry();
  readonly lines: string[] = [];
  readonly simulator: Simulator;
  readonly #stops: (() => Promise<void>)[] = [];

  constructor(options: Partial<SimulatorOptions> = {}) {
    this.simulator = startSimulator({
      listen: { hostname: "127.0.0.1", port: 0 },
      source: numbered(),
      token: TOKEN,
      symbolLimit: 50,
      pingInterval: 60_000,
      misbehave: [],
      misbehaveEvery: 20,
      seed: 1,
      log: this.log,
      registry: this.registry,
      ...options,
    });
  }

  get log() {
    const write = (line: string) => this.lines.push(line);
    return createLogger({ level: "debug", format: "text", write, now: Date.now });
  }

  /** Runs a feed until the exchange is closed. */
  feed({ symbols = SYMBOLS, token = TOKEN, idleTimeout = 20_000 } = {}) {
    const registry = new MetricRegistry();
    const trades: Trade[] = [];
    const stop = new AbortController();
    const feed = new Feed({
      url: new URL(this.simulator.wsUrl),
      token,
      symbols,
      idleTimeout,
      onTrades: (some) => trades.push(...some),
      registry,
      log: this.log,
      random: () => 0,
      now: Date.now,
    });
    const running = feed.run(stop.signal);
    const end = async () => {
      stop.abort();
      await running;
    };
    this.#stops.push(end);
    return {
      stop: end,
      trades,
      count: (name: string) => metric(registry, `feed_${name}`),
      get connected() {
        return feed.connected;
      },
    };
  }

  faults(kind: Misbehaviour): number {
    return metric(this.registry, `simulator_faults_total{fault="${kind}"}`);
  }

  /** Resolves when all frames are played and `feed` has got the last one. */
  async played(feed: { trades: readonly Trade[] }, last = FRAMES * PER_FRAME - 1): Promise<void> {
    await holds("the last trade to arrive", () => feed.trades.some(({ price }) => price === last));
    await this.simulator.finished;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stop of this.#stops) await stop();
    await this.simulator.close();
    assert(!this.lines.join("\n").includes(TOKEN), "the token was logged");
  }
}

const holds = (what: string, check: () => boolean) =>
  until(what, () => Promise.resolve(check() || "not yet"), { deadline: 30_000, interval: 5 });

const ids = (feed: { trades: readonly Trade[] }) => feed.trades.map(({ price }) => price);
const ALL = Array.from({ length: FRAMES * PER_FRAME }, (_, id) => id);

/** Adds a frame without faults at the end, because what the last frame meets can hide it. */
const faulty = (kind: Misbehaviour) => ({ misbehave: [kind], misbehaveEvery: 20 });

integrationTest("every trade of a replay at greatest speed arrives once and in order", async () => {
  await using exchange = new Exchange();
  const feed = exchange.feed();
  await exchange.played(feed);
  assertEquals(ids(feed), ALL);
  assertEquals(feed.trades[1], {
    symbol: "X:B",
    price: 1,
    volume: 1,
    time: 1_700_000_000_001,
    conditions: [],
  });
  assertEquals(feed.count("frames_total"), FRAMES);
});
