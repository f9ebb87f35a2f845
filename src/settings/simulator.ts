import {
  anyText,
  boolean,
  listenAddress,
  listOf,
  oneOf,
  optional,
  positiveDuration,
  positiveNumber,
  speed,
  symbolList,
  wholeNumber,
} from "./parsers.ts";
import { setting, type Values } from "./setting.ts";

const MISBEHAVIOUR = oneOf("drop", "hang", "junk", "duplicates", "disorder", "oversize", "errors");

/** A fault that the simulator can be told to make. */
export type Misbehaviour = ReturnType<typeof MISBEHAVIOUR>;

/** A time in which the simulated feed is away: nobody is connected, and nobody can connect. */
export interface Hole {
  /** From the market's start, milliseconds. */
  after: number;
  /** Milliseconds. */
  length: number;
}

const WRONG_HOLE = "a comma list of lengths and beginnings such as 20s@2m";

/** A hole such as `20s@2m`: 20 seconds long, 2 minutes after the market's start. */
function hole(text: string): Hole {
  const [length = "", after = "", ...more] = text.split("@");
  if (more.length > 0) throw new RangeError(WRONG_HOLE);
  try {
    return { length: positiveDuration(length), after: positiveDuration(after) };
  } catch {
    throw new RangeError(WRONG_HOLE);
  }
}

/** Settings of the simulated feed. */
export const simulatorSettings = {
  simulatorListen: setting({
    flag: "listen",
    env: "SIMULATOR_LISTEN",
    default: "127.0.0.1:8801",
    meaning: "Where the simulated websocket and REST API are served",
    parse: listenAddress,
  }),
  simulatorToken: setting({
    env: "SIMULATOR_TOKEN",
    default: "",
    meaning: "The only token that the simulator accepts; any when empty (environment only)",
    secret: true,
    parse: anyText,
  }),
  replay: setting({
    flag: "replay",
    env: "SIMULATOR_REPLAY",
    default: "",
    meaning: "File of frames to replay, .ndjson or .ndjson.gz; a synthetic market when empty",
    parse: optional(anyText),
  }),
  speed: setting({
    flag: "speed",
    env: "SIMULATOR_SPEED",
    default: "1",
    meaning: "Replay speed: 1 as recorded, N times as fast, or max",
    parse: speed,
  }),
  loop: setting({
    flag: "loop",
    env: "SIMULATOR_LOOP",
    default: "false",
    meaning: "Start the replay again at its end, times moved on",
    parse: boolean,
  }),
  now: setting({
    flag: "now",
    env: "SIMULATOR_NOW",
    default: "false",
    meaning: "Move the replay's times so that its first trade happens now",
    parse: boolean,
  }),
  symbols: setting({
    flag: "symbols",
    env: "SIMULATOR_SYMBOLS",
    default:
      "AAPL,AMD,AMZN,GOOGL,JPM,META,MSFT,NFLX,NVDA,TSLA,BINANCE:BTCUSDT,BINANCE:DOGEUSDT,BINANCE:ETHUSDT," +
      "BINANCE:LTCUSDT,BINANCE:SHIBUSDT,BINANCE:SOLUSDT,BINANCE:XRPUSDT,OANDA:EUR_USD,OANDA:GBP_USD,OANDA:USD_JPY",
    meaning:
      "Symbols of the synthetic market; those that it does not know get a price of their own, by their name",
    parse: symbolList,
  }),
  rate: setting({
    flag: "rate",
    env: "SIMULATOR_RATE",
    default: "50",
    meaning: "Trades a second of the synthetic market, over all symbols",
    parse: positiveNumber,
  }),
  seed: setting({
    flag: "seed",
    env: "SIMULATOR_SEED",
    default: "1",
    meaning: "Seed of the synthetic market and of misbehaviour: equal seeds give equal prices",
    parse: wholeNumber(0, 4_294_967_295),
  }),
  marketHours: setting({
    flag: "market-hours",
    env: "SIMULATOR_MARKET_HOURS",
    default: "false",
    meaning:
      "Symbols of the synthetic market trade in the regular sessions of their calendars, with holidays and half days; always when false",
    parse: boolean,
  }),
  symbolLimit: setting({
    flag: "symbol-limit",
    env: "SIMULATOR_SYMBOL_LIMIT",
    default: "50",
    meaning: "Symbols that one connection may subscribe to",
    parse: wholeNumber(1, 100_000),
  }),
  pingInterval: setting({
    flag: "ping-interval",
    env: "SIMULATOR_PING_INTERVAL",
    default: "60s",
    meaning: "Time between the simulator's pings",
    parse: positiveDuration,
  }),
  misbehave: setting({
    flag: "misbehave",
    env: "SIMULATOR_MISBEHAVE",
    default: "",
    meaning: "Faults to inject: a comma list of drop, hang, junk, duplicates, disorder, oversize, errors",
    parse: (text) => text === "" ? [] : text.split(",").map((word) => MISBEHAVIOUR(word.trim())),
  }),
  holes: setting({
    flag: "hole",
    env: "SIMULATOR_HOLE",
    default: "",
    meaning:
      "Times in which the feed is away while its market goes on: a comma list such as 20s@2m, 20 seconds long, 2 minutes after the start",
    parse: listOf(hole),
  }),
  misbehaveEvery: setting({
    flag: "misbehave-every",
    env: "SIMULATOR_MISBEHAVE_EVERY",
    default: "100",
    meaning: "Mean number of frames between two faults",
    parse: wholeNumber(1, 1_000_000),
  }),
};

/** What makes trades without Finnhub. */
export const MARKET = [
  "replay",
  "speed",
  "loop",
  "now",
  "symbols",
  "rate",
  "seed",
  "marketHours",
] as const satisfies (keyof typeof simulatorSettings)[];

export type MarketSettings = Values<typeof simulatorSettings, typeof MARKET[number]>;
