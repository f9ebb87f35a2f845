/** What we do about an end of the connection: when it is tried again, and what a person can do. */
export interface FeedAnswer {
  /**
   * `soon`: the server or the way to it had a moment's trouble. `slow`: it said no, and asking often makes it worse.
   */
  pace: keyof typeof PACES;
  remedy?: string;
}

/** Bounds of the wait before the next connection, milliseconds: it grows from the first to the second. */
export const PACES = {
  soon: { base: 250, cap: 15_000 },
  slow: { base: 10_000, cap: 300_000 },
} as const;

const URL_OR_TOKEN = "check FINNHUB_WS_URL and FINNHUB_API_TOKEN";
const WRONG_ADDRESS: FeedAnswer = { pace: "slow", remedy: "check FINNHUB_WS_URL" };
const TOKEN: FeedAnswer = { pace: "slow", remedy: "check FINNHUB_API_TOKEN" };
const USED_TWICE: FeedAnswer = {
  pace: "slow",
  remedy: "too many connections, check that FINNHUB_API_TOKEN is used only once",
};
const SERVER: FeedAnswer = { pace: "soon", remedy: URL_OR_TOKEN };
const OVERLOADED: FeedAnswer = {
  pace: "slow",
  remedy: "the feed is overloaded or closed; it is tried again",
};
const SOON: FeedAnswer = { pace: "soon" };
const NOT_UNDERSTOOD: FeedAnswer = {
  pace: "slow",
  remedy: "the server does not take what a feed's client sends",
};

/**
 * HTTP statuses that need another answer than their class. The runtime's websocket names the status and nothing else: a
 * Retry-After cannot be read, so 429 and 503 get waits that are long enough for what servers commonly ask for.
 */
export const STATUS_ANSWERS: ReadonlyMap<number, FeedAnswer> = new Map([
  [401, TOKEN],
  [403, TOKEN],
  [407, { pace: "slow", remedy: "a proxy on the way wants a login" }],
  [408, SOON],
  [425, SOON],
  [429, USED_TWICE],
  [501, WRONG_ADDRESS],
  [503, OVERLOADED],
  [505, WRONG_ADDRESS],
]);

/** What helps against an upgrade that was refused with an HTTP status. */
export function statusAnswer(status: number): FeedAnswer {
  return STATUS_ANSWERS.get(status) ?? (status >= 500 ? SERVER : WRONG_ADDRESS);
}

/** Close codes by RFC 6455 and IANA's registry of them. */
export const CLOSE_ANSWERS: ReadonlyMap<number, FeedAnswer> = new Map([
  [1000, SOON],
  [1001, SOON],
  [1002, NOT_UNDERSTOOD],
  [1003, NOT_UNDERSTOOD],
  [1005, SOON],
  [1006, SOON],
  [1007, NOT_UNDERSTOOD],
  [1008, USED_TWICE],
  [1009, NOT_UNDERSTOOD],
  [1010, NOT_UNDERSTOOD],
  [1011, SOON],
  [1012, SOON],
  [1013, OVERLOADED],
  [1014, SOON],
  [1015, { pace: "slow", remedy: "the server's certificate is not trusted; check FINNHUB_WS_URL" }],
  [3000, TOKEN],
  [3003, TOKEN],
  [3008, SOON],
]);

/** What helps after a close. Codes that nobody registered are the server's own words for a no. */
export function closeAnswer(code: number): FeedAnswer {
  return CLOSE_ANSWERS.get(code) ?? (code < 3000 ? SOON : { pace: "slow", remedy: URL_OR_TOKEN });
}

/** What helps against a socket that never opened; the HTTP status, if there was one, is in the runtime's words alone. */
export function refusalAnswer(cause: string): FeedAnswer {
  const status = /status code:? (\d{3})/i.exec(cause)?.[1];
  return status === undefined
    ? { pace: "soon", remedy: "check FINNHUB_WS_URL" }
    : statusAnswer(Number(status));
}

/** What an error frame is about. */
export interface ErrorAnswer {
  /** It refuses a subscription. */
  subscription: boolean;
  remedy?: string;
}

/** What helps against an error that the feed reports in a frame. */
export function errorAnswer(message: string): ErrorAnswer {
  if (/too many symbols/i.test(message)) {
    return {
      subscription: true,
      remedy: "name fewer symbols in FINNHUB_STOCKS_TICKERS, or take a larger plan",
    };
  }
  if (/invalid symbol|unknown symbol/i.test(message)) {
    return { subscription: true, remedy: "check FINNHUB_STOCKS_TICKERS; it is asked for again now and then" };
  }
  if (/token|auth|api key/i.test(message)) return { subscription: false, remedy: "check FINNHUB_API_TOKEN" };
  return { subscription: false };
}
