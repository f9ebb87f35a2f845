import { assert, assertEquals } from "@std/assert";
import { Feed, type FeedOptions } from "../../../src/finnhub/feed.ts";
import type { Trade } from "../../../src/market/trade.ts";
import { createLogger } from "../../../src/telemetry/log.ts";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";
import { FakeSocket } from "./fake_socket.ts";
import { FakeTime } from "./fake_time.ts";
import { FINNHUB_ACCESS } from "../../finnhub_access.ts";

export const TOKEN = "tok-e-n";
export const IDLE_MS = 150_000;
export const PING = '{"type":"ping"}';
export const START = Date.UTC(2026, 0, 1);
export const TRADE = `{"type":"trade","data":[{"s":"A","p":1,"t":${START},"v":2,"c":["1"]}]}`;

/** A feed whose sockets, timers and clock the test holds. */
export class Bench {
  readonly time = new FakeTime();
  readonly sockets: FakeSocket[] = [];
  readonly attempts: { at: number; url: URL }[] = [];
  readonly trades: { trades: readonly Trade[]; receivedAt: number }[] = [];
  readonly lines: string[] = [];
  readonly registry = new MetricRegistry();
  readonly stop = new AbortController();
  readonly feed: Feed;
  readonly running: Promise<void>;
  /** Whether the peers of sockets to come answer a close. */
  answersClose = true;
  /** Listeners on the stop signal. */
  listeners = 0;

  constructor(options: Pick<FeedOptions, "onSpans"> = {}) {
    const { signal } = this.stop;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      this.listeners++;
      addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      this.listeners--;
      removeEventListener.apply(signal, args);
    };
    this.feed = new Feed({
      ...options,
      ...FINNHUB_ACCESS,
      wsUrl: new URL("wss://feed.test/?v=1"),
      token: TOKEN,
      symbols: ["A", "B"],
      idleTimeout: IDLE_MS,
      onTrades: (trades, receivedAt) => this.trades.push({ trades, receivedAt }),
      registry: this.registry,
      log: createLogger({
        level: "debug",
        format: "text",
        write: (line) => this.lines.push(line),
        now: () => 0,
      }),
      random: () => 0,
      now: () => START + this.time.now,
      connect: (url) => {
        const fake = new FakeSocket(this.answersClose);
        this.attempts.push({ at: this.time.now, url });
        this.sockets.push(fake);
        return fake.socket;
      },
    });
    this.running = this.feed.run(this.stop.signal);
  }

  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  metric(name: string): number {
    return Number(new RegExp(`^finnhub_pipe_feed_${name} (.+)$`, "m").exec(this.registry.text())?.[1]);
  }

  /** Stops the feed and sees that nothing of it is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort();
    await this.time.advance(1000);
    await this.running;
    assertEquals(this.time.pending, 0, "timers left behind");
    assert(this.sockets.every(({ readyState }) => readyState >= WebSocket.CLOSING), "a socket left open");
    assert(this.sockets.every((socket) => socket.onmessage === null), "a listener left behind");
    assert(!this.lines.join("\n").includes(TOKEN), "the token was logged");
    this.time[Symbol.dispose]();
  }
}
