import type { Trade } from "../market/trade.ts";
import { errorText, type Logger } from "../telemetry/log.ts";
import type { MetricRegistry } from "../telemetry/metrics.ts";
import { backoff, delay } from "../async/wait.ts";
import type { FinnhubAccess } from "./access.ts";
import { type Frame, parseFrame } from "../market/frame.ts";
import { type FeedMetrics, feedMetrics } from "./feed_metrics.ts";

export interface FeedOptions extends Pick<FinnhubAccess, "token"> {
  /** Websocket address without the token. */
  wsUrl: URL;
  symbols: readonly string[];
  /** Silence of any kind of frame after which a connection counts as dead, milliseconds. */
  idleTimeout: number;
  /** Called with the trades of each frame and the time it came, milliseconds since the epoch. */
  onTrades(trades: readonly Trade[], receivedAt: number): void;
  registry: MetricRegistry;
  log: Logger;
  random: () => number;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Makes a socket. Default: the global WebSocket. */
  connect?: (url: URL) => WebSocket;
}

/** How long a connection may take to open, milliseconds. */
const OPEN_TIMEOUT = 15_000;
/** How long a socket may take to close before it is left to the system, milliseconds: a dead peer never answers. */
const CLOSE_TIMEOUT = 1000;
/** First bound of the wait before connecting anew, milliseconds. */
const RETRY_BASE = 250;

/**
 * Finnhub's feed of trades: connects, subscribes, and comes back by itself after every kind of failure, with jittered
 * back-off. Each gap between the last frame of one connection and the first of the next is counted.
 */
export class Feed {
  readonly #metrics: FeedMetrics;
  readonly #symbols: Set<string>;
  /** The socket while it is open. */
  #socket: WebSocket | undefined;
  #connected = false;
  /** Whether the connection brought what a feed brings; an error before it is closed is a refusal. */
  #served = false;
  #lastFrame: number | undefined;
  #gapOpen = false;

  constructor(readonly options: FeedOptions) {
    this.#metrics = feedMetrics(options.registry);
    this.#symbols = new Set(options.symbols);
  }

  /** Symbols that are subscribed to on each connection. */
  get symbols(): ReadonlySet<string> {
    return this.#symbols;
  }

  /** Whether a connection is open and its symbols are subscribed to. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Time between the last frame before each loss and the next, over all losses, seconds. */
  get gapSeconds(): number {
    return this.#metrics.gapSeconds.value();
  }

  /** Subscribes to one more symbol, at once and on every later connection. */
  subscribe(symbol: string): void {
    if (this.#symbols.has(symbol)) return;
    this.#symbols.add(symbol);
    this.#socket?.send(subscription(symbol));
  }

  /** Runs until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, random } = this.options;
    let attempt = 0;
    while (!signal.aborted) {
      this.#served = false;
      const reason = await this.#connection(signal);
      if (signal.aborted) break;
      // A connection that brought trades or a ping was good: the next one is tried soon.
      if (this.#served) attempt = 0;
      const wait = backoff(attempt++, { base: RETRY_BASE, random });
      this.#metrics.reconnects.add();
      log.warn("feed lost, connecting again", { reason, waitMs: Math.round(wait) });
      await delay(wait, signal).catch(() => {});
    }
  }

  /** One connection, from opening it until it is closed; resolves to why it ended, and leaves nothing behind. */
  #connection(signal: AbortSignal): Promise<string> {
    const { connect = (url) => new WebSocket(url), idleTimeout, log, token, wsUrl: url } = this.options;
    const address = new URL(url);
    address.searchParams.set("token", token);
    return new Promise((resolve) => {
      let socket: WebSocket;
      try {
        socket = connect(address);
      } catch (error) {
        return resolve(errorText(error).replaceAll(address.href, url.host));
      }
      socket.binaryType = "arraybuffer";
      let opened = false;
      let timer = setTimeout(() => end(`did not open within ${OPEN_TIMEOUT / 1000} s`), OPEN_TIMEOUT);
      const end = (reason: string) => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        this.#setConnected(false);
        this.#socket = undefined;
        this.#gapOpen = this.#lastFrame !== undefined;
        closed(socket).then(() => resolve(reason));
      };
      const onAbort = () => end("stopped");
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      const restartWatchdog = () => {
        clearTimeout(timer);
        timer = setTimeout(() => end(`silent for ${idleTimeout / 1000} s`), idleTimeout);
      };
      socket.onopen = () => {
        opened = true;
        for (const symbol of this.#symbols) socket.send(subscription(symbol));
        this.#socket = socket;
        this.#setConnected(true);
        restartWatchdog();
        log.info("feed connected", { host: url.host, symbols: this.#symbols.size });
      };
      socket.onmessage = ({ data }) => {
        restartWatchdog();
        this.#receive(data);
      };
      socket.onerror = (event) => {
        event.preventDefault();
        const message = event instanceof ErrorEvent ? event.message : "";
        const cause = message.replaceAll(address.href, url.host).replaceAll(token, "[redacted]");
        end(opened ? `failed: ${cause}` : `refused; ${refusalRemedy(cause)} (${cause})`);
      };
      socket.onclose = ({ code }) => end(`closed with code ${code}`);
    });
  }

  #receive(data: unknown): void {
    const { log, now } = this.options;
    const receivedAt = now();
    this.#metrics.frames.add();
    if (this.#gapOpen) {
      this.#gapOpen = false;
      this.#metrics.gapSeconds.add(Math.max(0, receivedAt - this.#lastFrame!) / 1000);
    }
    this.#lastFrame = receivedAt;
    const frame: Frame = typeof data === "string" ? parseFrame(data) : { type: "junk", reason: "binary" };
    if (typeof data === "string") this.#metrics.bytes.add(data.length);
    switch (frame.type) {
      case "trades":
        if (frame.malformed > 0) this.#metrics.malformed.add(frame.malformed);
        if (frame.trades.length === 0) break;
        this.#served = true;
        this.options.onTrades(frame.trades, receivedAt);
        break;
      case "ping":
        this.#served = true;
        this.#metrics.pings.add();
        break;
      case "error":
        this.#metrics.errors.add();
        log.warn("the feed reports an error", { error: frame.message, remedy: remedy(frame.message) });
        break;
      case "junk":
        this.#metrics.junk.add();
        log.debug("a frame was passed over", { reason: frame.reason });
    }
  }

  #setConnected(connected: boolean): void {
    this.#connected = connected;
    this.#metrics.connected.set(connected ? 1 : 0);
  }
}

const subscription = (symbol: string) => JSON.stringify({ type: "subscribe", symbol });

/** Closes a socket and resolves when it is closed, or when its peer had its time to answer. */
function closed(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => done(), CLOSE_TIMEOUT);
    const done = () => {
      clearTimeout(timer);
      socket.onclose = null;
      resolve();
    };
    socket.onopen = socket.onmessage = null;
    // A socket that is refused or torn down while closing still reports an error; nobody is there to hear it.
    socket.onerror = (event) => event.preventDefault();
    socket.onclose = done;
    if (socket.readyState === WebSocket.CLOSED) return done();
    if (socket.readyState !== WebSocket.CLOSING) socket.close();
  });
}

/** What helps against a socket that never opened; the HTTP status is in the runtime's words alone. */
function refusalRemedy(cause: string): string {
  const status = /status code:? (\d{3})/i.exec(cause)?.[1];
  if (status === "401" || status === "403") return "check FINNHUB_API_TOKEN";
  if (status === "429") return "too many connections, check that FINNHUB_API_TOKEN is used only once";
  return status === undefined ? "check FINNHUB_WS_URL" : "check FINNHUB_WS_URL and FINNHUB_API_TOKEN";
}

function remedy(message: string): string | undefined {
  if (/too many symbols/i.test(message)) {
    return "name fewer symbols in FINNHUB_STOCKS_TICKERS, or take a larger plan";
  }
  if (/token|auth|api key/i.test(message)) return "check FINNHUB_API_TOKEN";
  return undefined;
}
