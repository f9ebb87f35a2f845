import { type Check, clockFinding, type Finding } from "../doctor/finding.ts";
import { createLogger } from "../telemetry/log.ts";
import { MetricRegistry } from "../telemetry/metrics.ts";
import { inTime } from "../async/wait.ts";
import type { FinnhubAccess } from "./access.ts";
import { Feed } from "./feed.ts";
import { searchSymbols } from "./symbols.ts";

export interface FeedCheckOptions extends FinnhubAccess {
  wsUrl: URL;
  symbols: readonly string[];
  /** Whether to open the websocket: it takes the one connection that a token has. */
  connect: boolean;
  random: () => number;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** How long to wait for a connection, and for a trade on it, milliseconds. */
const CONNECT_MS = 10_000;
const TRADE_MS = 5000;

/** Whether Finnhub takes our token, knows the symbols, and has our time. */
export function feedCheck(options: FeedCheckOptions): Check {
  return {
    name: "feed",
    remedy: "check FINNHUB_REST_URL, FINNHUB_WS_URL and FINNHUB_API_TOKEN",
    run: async (signal) => {
      if (options.token === "") {
        return [{
          subject: "feed",
          state: "failed",
          says: "FINNHUB_API_TOKEN is not set",
          remedy: "get a token at finnhub.io, or use the simulator and any text",
        }];
      }
      return [...await searching(options, signal), await connecting(options, signal)];
    },
  };
}

async function searching(options: FeedCheckOptions, signal: AbortSignal): Promise<Finding[]> {
  const { now, symbols } = options;
  const [symbol = "AAPL"] = symbols;
  const query = symbol.slice(symbol.indexOf(":") + 1);
  let skew: number | undefined;
  const dated: typeof fetch = async (...request) => {
    const response = await options.fetch(...request);
    const date = Date.parse(response.headers.get("date") ?? "");
    // The header has whole seconds: on average half of one is missing.
    if (Number.isFinite(date)) skew = now() - (date + 500);
    return response;
  };
  const start = now();
  const matches = await searchSymbols(query, { ...options, fetch: dated, signal });
  const known = matches.some((match) => match.symbol === symbol);
  return [
    { subject: "feed search", state: "ok", says: `answers in ${now() - start} ms; the token is accepted` },
    known ? { subject: "feed symbol", state: "ok", says: `${symbol} is known` } : {
      subject: "feed symbol",
      state: "warning",
      says: `the search does not list ${symbol}`,
      remedy: "check FINNHUB_STOCKS_TICKERS; finnhub-pipe tickers QUERY finds symbols",
    },
    ...(skew === undefined ? [] : [clockFinding(skew, "feed")]),
  ];
}

async function connecting(options: FeedCheckOptions, signal: AbortSignal): Promise<Finding> {
  const { connect, ...access } = options;
  const subject = "feed websocket";
  if (!connect) {
    const says = "not opened: a token has one connection, which the producer may be using";
    return { subject, state: "skipped", says, remedy: "--connect-feed opens it" };
  }
  let complaint = "no answer";
  const arrived = Promise.withResolvers<void>();
  const log = createLogger({
    level: "warn",
    format: "json",
    write: (line) => {
      const { error, reason, remedy } = JSON.parse(line);
      complaint = [reason ?? error ?? complaint, ...(remedy === undefined ? [] : [remedy])].join("; ");
    },
    now: access.now,
  });
  const feed = new Feed({
    ...access,
    idleTimeout: CONNECT_MS,
    onTrades: () => arrived.resolve(),
    registry: new MetricRegistry(),
    log,
  });
  const stop = new AbortController();
  const running = feed.run(stop.signal);
  const poll = async (ms: number, done: () => boolean) =>
    await inTime(ms, signal, async (either) => {
      while (!done() && !either.aborted) await new Promise((resolve) => setTimeout(resolve, 50));
      return done();
    });
  try {
    if (!await poll(CONNECT_MS, () => feed.connected)) {
      return {
        subject,
        state: "failed",
        says: complaint,
        remedy: "check FINNHUB_WS_URL and FINNHUB_API_TOKEN",
      };
    }
    let came = false;
    arrived.promise.then(() => came = true);
    const trades = await poll(TRADE_MS, () => came);
    return {
      subject,
      state: "ok",
      says: trades
        ? "connected, and trades come"
        : `connected; no trade in ${TRADE_MS / 1000} s, the market may be closed`,
    };
  } finally {
    stop.abort();
    await running;
  }
}
