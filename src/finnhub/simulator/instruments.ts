import { fnv1a } from "../../market/trade_id.ts";
import { seededRandom } from "../random.ts";
import market from "./market.json" with { type: "json" };

/** What is known of a symbol before its first trade. Prices are as of November 2025. */
export interface Instrument {
  symbol: string;
  /** As Finnhub's search has it. */
  description: string;
  type: "Common Stock" | "ETP" | "Crypto" | "Forex";
  /** Where a stock or fund is listed: its exchange's market identifier code. */
  mic?: string;
  /** The price from which it starts. */
  price: number;
  /** Smallest step of a price. */
  tick: number;
  /** Smallest step of a volume. */
  lot: number;
  /** Distance of bid and ask, in ticks. */
  spread: number;
  /** Volume of a middling trade. */
  size: number;
  /** How often it trades, relative to others. */
  activity: number;
  /** Standard deviation of a year's logarithmic return. */
  volatility: number;
}

/** The symbols of the market file. */
export const INSTRUMENTS: ReadonlyMap<string, Instrument> = new Map(
  (market as Instrument[]).map((instrument) => [instrument.symbol, instrument]),
);

/** A symbol of the market file, or one that is made up from its name: the same for the same seed. */
export function instrumentOf(symbol: string, seed: number): Instrument {
  return INSTRUMENTS.get(symbol) ?? madeUp(symbol, seed);
}

/** Type of a symbol by its form: venues of currencies have names such as `OANDA:EUR_USD`. */
export function typeOf(symbol: string): Instrument["type"] {
  if (!symbol.includes(":")) return "Common Stock";
  return /:[A-Z]{3}[_/][A-Z]{3}$/.test(symbol) ? "Forex" : "Crypto";
}

function madeUp(symbol: string, seed: number): Instrument {
  const random = seededRandom(fnv1a(symbol) ^ seed);
  const type = typeOf(symbol);
  const [least, decades] = {
    "Common Stock": [10, 1.7],
    ETP: [10, 1.7],
    Crypto: [0.01, 4.5],
    Forex: [0.6, 0.4],
  }[
    type
  ] as [number, number];
  const wanted = least * 10 ** (decades * random());
  const tick = type === "Common Stock" ? 0.01 : tickFor(wanted);
  return {
    symbol,
    description: `${symbol} (simulated)`,
    type,
    price: inSteps(Math.round(wanted / tick), tick),
    tick,
    lot: type === "Crypto" ? 0.001 : 1,
    spread: 2,
    // Trades of some ten thousand, whatever the price.
    size: Math.max(1, Math.round(10_000 / wanted)),
    activity: 1 + 2 * random(),
    volatility: { "Common Stock": 0.35, ETP: 0.2, Crypto: 0.7, Forex: 0.08 }[type],
  };
}

/** A tick that gives a price five or six digits. */
const tickFor = (price: number): number => {
  const decimals = Math.max(0, 5 - Math.ceil(Math.log10(price)));
  return Number((10 ** -decimals).toFixed(decimals));
};

/** So many steps, to the last bit as a decimal number is read: 3 × 0.01 would not be 0.03. */
export function inSteps(count: number, step: number): number {
  return step < 1 ? count / Math.round(1 / step) : count * step;
}
