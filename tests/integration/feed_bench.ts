import { assert } from "@std/assert";
import { Feed } from "../../src/finnhub/feed.ts";
import type { FrameTrade, MarketSource } from "../../src/finnhub/simulator/market_source.ts";
import {
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from "../../src/finnhub/simulator/simulator.ts";
import type { Trade } from "../../src/market/trade.ts";
import type { Misbehaviour } from "../../src/settings/settings.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { until } from "../services/until.ts";
import { FINNHUB_ACCESS } from "../finnhub_access.ts";

export const TOKEN = "feed-secret-token";
export const SYMBOLS = ["X:A", "X:B", "C"];
export const FRAMES = 400;
/** Trades of each frame: one a symbol. */
export const PER_FRAME = 3;
/** The price of every trade of {@linkcode numbered}, in order; none is 0, which is no price. */
export const ALL: readonly number[] = Array.from({ length: FRAMES * PER_FRAME }, (_, i) => i + 1);

const numberedTrade = (id: number): FrameTrade => ({
  s: SYMBOLS[(id - 1) % SYMBOLS.length]!,
  p: id,
  t: 1_700_000_000_000 + id,
  v: 1,
});

/** Frames whose trades' prices number them, `every` milliseconds apart; 0 plays at greatest speed. */
export function numbered(every = 0): MarketSource & { played: number } {
  const source = {
    symbols: SYMBOLS,
    waitsForClient: every === 0,
    played: 0,
    async *frames() {
      for (; source.played < FRAMES; source.played++) {
        const first = PER_FRAME * source.played + 1;
        yield {
          due: every * source.played,
          trades: Array.from({ length: PER_FRAME }, (_, i) => numberedTrade(first + i)),
        };
      }
    },
  };
  return source;
}

/** Resolves when a condition holds; else says after 30 s what was waited for. */
export const holds = (what: string, check: () => boolean): Promise<void> =>
  until(what, () => Promise.resolve(check() || "not yet"), { deadline: 30_000, interval: 5 });

/** Value of a metric; 0 while it has none. */
function metric(registry: MetricRegistry, name: string): number {
  const line = registry.text().split("\n").find((line) => line.startsWith(`finnhub_pipe_${name} `));
  return Number(line?.split(" ")[1] ?? 0);
}

export type RunningFeed = ReturnType<FeedBench["feed"]>;

/** A simulator and feeds on real sockets, all in this process: at its end nothing of them may be left. */
export class FeedBench implements AsyncDisposable {
  readonly registry = new MetricRegistry();
  readonly lines: string[] = [];
  readonly simulator: Simulator;
  readonly #log = createLogger({
    level: "debug",
    format: "text",
    write: (line) => this.lines.push(line),
    now: Date.now,
  });
  readonly #stops: (() => Promise<void>)[] = [];

  constructor(options: Partial<SimulatorOptions> = {}) {
    this.simulator = startSimulator({
      listen: { hostname: "127.0.0.1", port: 0 },
      source: numbered(),
      token: TOKEN,
      symbolLimit: 50,
      pingInterval: 60_000,
      misbehave: [],
      misbehaveEvery: 40,
      seed: 1,
      log: this.#log,
      registry: this.registry,
      ...options,
    });
  }

  /** Runs a feed until it is stopped or the bench is disposed. */
  feed({ symbols = SYMBOLS, token = TOKEN, idleTimeout = 20_000 } = {}) {
    const registry = new MetricRegistry();
    const trades: Trade[] = [];
    const stop = new AbortController();
    const feed = new Feed({
      ...FINNHUB_ACCESS,
      wsUrl: new URL(this.simulator.wsUrl),
      token,
      symbols,
      idleTimeout,
      onTrades: (some) => trades.push(...some),
      registry,
      log: this.#log,
      random: () => 0,
      now: Date.now,
      lasting: 0,
    });
    const running = feed.run(stop.signal);
    const end = () => {
      stop.abort();
      return running;
    };
    this.#stops.push(end);
    return {
      stop: end,
      trades,
      /** The numbers of the trades that came, in order. */
      ids: () => trades.map(({ price }) => price),
      count: (name: string) => metric(registry, `feed_${name}`),
      connected: () => feed.connected,
    };
  }

  /** How often a fault was injected. */
  faults(kind: Misbehaviour): number {
    return metric(this.registry, `simulator_faults_total{fault="${kind}"}`);
  }

  /** Trades that were sent, over all clients. */
  sent(): number {
    return metric(this.registry, "simulator_trades_total");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stop of this.#stops) await stop();
    await this.simulator.close();
    assert(!this.lines.join("\n").includes(TOKEN), "the token was logged");
  }
}
