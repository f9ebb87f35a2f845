import type { Trade } from "../market/trade.ts";
import type { Logger } from "../telemetry/log.ts";
import type { MetricRegistry } from "../telemetry/metrics.ts";
import { NowAndThen } from "../async/now_and_then.ts";
import { after, backoff, delay, every } from "../async/wait.ts";
import { type FeedSpan, TELL_EVERY_MS } from "../market/following/span.ts";
import type { FinnhubAccess } from "./access.ts";
import { errorAnswer, PACES } from "./answers.ts";
import { connection, type End } from "./connection.ts";
import { type Frame, parseFrame } from "../market/frame.ts";
import { type FeedMetrics, feedMetrics } from "./feed_metrics.ts";
import { Following } from "./following.ts";
import { Subscriptions } from "./subscriptions.ts";

export interface FeedOptions extends Pick<FinnhubAccess, "token"> {
  /** Websocket address without the token. */
  wsUrl: URL;
  symbols: readonly string[];
  /** Silence of any kind of frame after which a connection counts as dead, milliseconds. */
  idleTimeout: number;
  /** Called with the trades of each frame and the time it came, milliseconds since the epoch. */
  onTrades(trades: readonly Trade[], receivedAt: number): void;
  /** Called with times over which symbols were followed, or were not, and the time of it, milliseconds since the epoch. */
  onSpans?(spans: readonly FeedSpan[], at: number): void;
  registry: MetricRegistry;
  log: Logger;
  random: () => number;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Makes a socket. Default: the global WebSocket. */
  connect?: (url: URL) => WebSocket;
  /**
   * How long a connection must last before the back-off is reset, milliseconds; the previous wait, if that was longer. Default
   * 30,000: a server that sends one good frame and closes is not asked again at once.
   */
  lasting?: number;
}

/** Time between two lines about errors that the feed reports, milliseconds. */
const SAY_EVERY = 60_000;
/** Most refused symbols that metrics name. */
const MAX_NAMED = 50;

/**
 * Finnhub's feed of trades: connects, subscribes, and comes back by itself after every kind of failure, with jittered
 * back-off. Each gap between the last frame of one connection and the first of the next is counted. What it knows of a symbol
 * outlives connections: one that was refused is asked for again now and then. Trades of symbols that nobody subscribed to
 * are dropped.
 */
export class Feed {
  readonly #metrics: FeedMetrics;
  readonly #subscriptions: Subscriptions;
  readonly #following: Following;
  readonly #errors: NowAndThen;
  /** The socket while it is open. */
  #socket: WebSocket | undefined;
  #connected = false;
  /** Cancels what waits for a refused symbol's time. */
  #cancelTending = () => {};
  #firstFrame: number | undefined;
  #lastFrame: number | undefined;
  #gapOpen = false;

  constructor(readonly options: FeedOptions) {
    const { now, random, registry, symbols } = options;
    this.#metrics = feedMetrics(registry);
    this.#metrics.refused.set(0);
    this.#subscriptions = new Subscriptions({ symbols, random, now });
    this.#following = new Following((spans) => options.onSpans?.(spans, now()));
    this.#following.expect(symbols);
    this.#errors = new NowAndThen(SAY_EVERY, now);
  }

  /** Symbols that are subscribed to on each connection. */
  get symbols(): ReadonlySet<string> {
    return this.#subscriptions.symbols;
  }

  /** Symbols that the feed does not take at present, and what it said; each is asked for again now and then. */
  get refused(): ReadonlyMap<string, string> {
    return this.#subscriptions.refused;
  }

  /** Whether a connection is open and its symbols are subscribed to. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Why no trades can come, in a few words; undefined while they can. */
  get trouble(): string | undefined {
    if (!this.#connected) return "not connected to the feed";
    const { refused, symbols } = this.#subscriptions;
    return refused.size > 0 && refused.size === symbols.size ? "the feed refuses every symbol" : undefined;
  }

  /** Time between the last frame before each loss and the next, over all losses, seconds. */
  get gapSeconds(): number {
    return this.#metrics.gapSeconds.value();
  }

  /**
   * Sets when an earlier feed got its last frame, milliseconds since the epoch: the time from then to our first frame counts
   * as a gap, whenever this is called.
   */
  goesOnFrom(lastFrame: number): void {
    this.#following.goesOnFrom(lastFrame);
    if (this.#firstFrame !== undefined) return this.#addGap(this.#firstFrame, lastFrame);
    this.#lastFrame = lastFrame;
    this.#gapOpen = true;
  }

  #addGap(frame: number, before: number): void {
    this.#metrics.gapSeconds.add(Math.max(0, frame - before) / 1000);
  }

  /** Subscribes to one more symbol, at once and on every later connection. */
  subscribe(symbol: string): void {
    if (this.symbols.has(symbol)) return;
    this.#subscriptions.add(symbol);
    if (this.#socket === undefined) return;
    this.#ask(this.#socket, symbol);
    this.#tend();
  }

  /** Runs until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const cancelMarks = every(TELL_EVERY_MS, () => this.#following.mark());
    try {
      await this.#connections(signal);
    } finally {
      cancelMarks();
    }
  }

  async #connections(signal: AbortSignal): Promise<void> {
    const { lasting = 30_000, log, now, random } = this.options;
    let attempts = { soon: 0, slow: 0 };
    let wait = 0;
    while (!signal.aborted) {
      const openedAt = now();
      const { answer: { pace, remedy }, reason } = await this.#connection(signal);
      if (signal.aborted) break;
      if (now() - openedAt >= Math.max(lasting, wait)) attempts = { soon: 0, slow: 0 };
      wait = backoff(attempts[pace]++, { ...PACES[pace], random });
      this.#metrics.reconnects.add();
      log.warn("feed lost, connecting again", { reason, remedy, waitMs: Math.round(wait) });
      await delay(wait, signal).catch(() => {});
    }
  }

  #connection(signal: AbortSignal): Promise<End> {
    const { connect = (url) => new WebSocket(url), idleTimeout, log, token, wsUrl } = this.options;
    return connection({
      wsUrl,
      token,
      idleTimeout,
      connect,
      onOpen: (socket) => {
        this.#socket = socket;
        this.#setConnected(true);
        this.#subscriptions.begin();
        for (const symbol of this.symbols) this.#ask(socket, symbol);
        this.#tend();
        log.info("feed connected", { host: wsUrl.host, symbols: this.symbols.size });
      },
      onFrame: (data) => this.#receive(data),
      onEnd: () => {
        this.#cancelTending();
        this.#setConnected(false);
        this.#socket = undefined;
        this.#gapOpen = this.#lastFrame !== undefined;
        this.#following.lost(signal.aborted ? "stopped" : "lost");
      },
    }, signal);
  }

  #receive(data: unknown): void {
    const { log, now } = this.options;
    const receivedAt = now();
    this.#metrics.frames.add();
    if (this.#gapOpen) {
      this.#gapOpen = false;
      this.#addGap(receivedAt, this.#lastFrame!);
    }
    this.#firstFrame ??= receivedAt;
    this.#lastFrame = receivedAt;
    this.#following.frame(receivedAt);
    const frame: Frame = typeof data === "string"
      ? parseFrame(data, receivedAt)
      : { type: "junk", reason: "binary" };
    if (typeof data === "string") this.#metrics.bytes.add(data.length);
    switch (frame.type) {
      case "trades":
        if (frame.malformed > 0) this.#metrics.malformed.add(frame.malformed);
        if (frame.droppedCodes > 0) this.#metrics.droppedCodes.add(frame.droppedCodes);
        this.#take(frame.trades, receivedAt);
        break;
      case "ping":
        this.#metrics.pings.add();
        break;
      case "error":
        this.#complaint(frame.message);
        break;
      case "junk":
        this.#metrics.junk.add();
        log.debug("a frame was passed over", { reason: frame.reason });
    }
  }

  /** Hands on the trades of our own symbols. What nobody subscribed to is counted and not remembered: its names have no bound. */
  #take(trades: readonly Trade[], receivedAt: number): void {
    const own = trades.filter(({ symbol }) => this.symbols.has(symbol));
    if (own.length < trades.length) this.#metrics.unsubscribed.add(trades.length - own.length);
    if (own.length === 0) return;
    for (const { symbol, time } of own) {
      if (this.#subscriptions.traded(symbol)) this.#taken([symbol]);
      this.#following.traded(symbol, time, receivedAt);
    }
    this.options.onTrades(own, receivedAt);
  }

  /** An error that the feed reports: of a symbol, or of the connection. */
  #complaint(error: string): void {
    this.#metrics.errors.add();
    const { remedy, subscription } = errorAnswer(error);
    const symbol = subscription ? this.#subscriptions.refuse(error) : undefined;
    if (symbol !== undefined) {
      this.#following.refused(symbol, this.options.now());
      this.#showRefused();
      this.#tend();
    }
    const times = this.#errors.due();
    if (times === undefined) return;
    this.options.log.warn("the feed reports an error", {
      error,
      times,
      refusedSymbols: this.refused.size,
      symbol,
      remedy,
    });
  }

  #ask(socket: WebSocket, symbol: string): void {
    socket.send(JSON.stringify({ type: "subscribe", symbol }));
    this.#subscriptions.asked(symbol);
    this.#following.asked(symbol, this.options.now());
  }

  /** Asks again for refused symbols, and takes quiet ones as followed, when it is time, as long as the connection is open. */
  #tend(): void {
    this.#cancelTending();
    const socket = this.#socket;
    const dueIn = Math.min(
      this.#subscriptions.dueIn() ?? Infinity,
      this.#following.dueIn(this.options.now()) ?? Infinity,
    );
    if (socket === undefined || dueIn === Infinity) return;
    this.#cancelTending = after(dueIn, () => {
      this.#following.settle(this.options.now());
      const { again, taken } = this.#subscriptions.due();
      for (const symbol of again) this.#ask(socket, symbol);
      this.#taken(taken);
      this.#tend();
    });
  }

  #taken(symbols: readonly string[]): void {
    if (symbols.length === 0) return;
    this.#showRefused();
    for (const symbol of symbols) {
      this.options.log.info("the feed takes a symbol that it had refused", { symbol });
    }
  }

  #showRefused(): void {
    const { refused, refusedSymbol } = this.#metrics;
    refused.set(this.refused.size);
    refusedSymbol.clear();
    for (const symbol of [...this.refused.keys()].slice(0, MAX_NAMED)) refusedSymbol.set(1, { symbol });
  }

  #setConnected(connected: boolean): void {
    this.#connected = connected;
    this.#metrics.connected.set(connected ? 1 : 0);
  }
}
