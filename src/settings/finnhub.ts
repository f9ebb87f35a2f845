import {
  anyText,
  boolean,
  optional,
  positiveDuration,
  symbolList,
  textOf,
  urlOf,
  wholeNumber,
} from "./parsers.ts";
import { setting, type Values } from "./setting.ts";

/** Settings of the feed and of what the producer holds. */
export const finnhubSettings = {
  finnhubWsUrl: setting({
    flag: "finnhub-ws-url",
    env: "FINNHUB_WS_URL",
    default: "wss://ws.finnhub.io",
    meaning: "Websocket that sends the trades; a simulator's address works too",
    parse: urlOf("wss:", "ws:"),
  }),
  finnhubRestUrl: setting({
    flag: "finnhub-rest-url",
    env: "FINNHUB_REST_URL",
    default: "https://finnhub.io/api/v1",
    meaning: "REST API for symbol look-ups, and for what gaps of the feed lack",
    parse: urlOf("https:", "http:"),
  }),
  finnhubApiToken: setting({
    env: "FINNHUB_API_TOKEN",
    default: "",
    meaning: "Your Finnhub API token (environment only, so that no process list shows it)",
    secret: true,
    parse: textOf("a token of letters, digits, dot, underscore and dash", /^[A-Za-z0-9._-]*$/),
  }),
  tickers: setting({
    flag: "tickers",
    env: "FINNHUB_STOCKS_TICKERS",
    default: "BINANCE:BTCUSDT,BINANCE:ETHUSDT",
    meaning: 'Symbols to subscribe to: A,B or ["A","B"]',
    parse: symbolList,
  }),
  validateTickers: setting({
    flag: "validate-tickers",
    env: "FINNHUB_VALIDATE_TICKERS",
    default: "false",
    meaning: "Look each symbol up first, and leave out those that Finnhub does not know",
    parse: boolean,
  }),
  finnhubIdleTimeout: setting({
    flag: "finnhub-idle-timeout",
    env: "FINNHUB_IDLE_TIMEOUT",
    default: "150s",
    meaning: "Silence after which the feed's connection counts as dead (Finnhub pings about once a minute)",
    parse: positiveDuration,
  }),
  bufferTrades: setting({
    flag: "buffer-trades",
    env: "PRODUCER_BUFFER_TRADES",
    default: "200000",
    meaning: "Trades held while Kafka is slow or away; beyond it the oldest are shed and counted",
    parse: wholeNumber(1, 10_000_000),
  }),
  spool: setting({
    flag: "spool",
    env: "PRODUCER_SPOOL",
    default: "",
    meaning: "Folder that keeps trades until Kafka has them, made when missing; memory alone when empty",
    parse: optional(anyText),
  }),
};

/** What every role that speaks to Finnhub needs. */
export const FINNHUB = [
  "finnhubRestUrl",
  "finnhubApiToken",
] as const satisfies (keyof typeof finnhubSettings)[];

export type FinnhubSettings = Values<typeof finnhubSettings, typeof FINNHUB[number]>;
