import { inSteps, type Instrument } from "./instruments.ts";

const YEAR_S = 365.25 * 86_400;
/** Trading seconds of a year: the volatility of stocks and funds falls into these. */
const SESSIONS_S = 252 * 6.5 * 3600;
/** After how many seconds a burst has lost most of its force. */
const MEMORY_S = 240;
/** How far activity strays: standard deviation of its logarithm. */
const STRAY = 0.7;
/** No gap moves a price as if more time had passed, seconds: a market that was closed opens near where it closed. */
const LONGEST_S = 600;

/** Normally distributed, mean 0, standard deviation 1. Source: Box and Muller, 1958. */
export const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/**
 * How one symbol's price goes: a geometric walk whose volatility itself wanders (its logarithm is an Ornstein-Uhlenbeck process),
 * so that quiet and busy times come in clusters. Both go by time, not by trades: a market with few trades a minute looks like one
 * with many. Trades happen at the bid or at the ask around the price, on the grid of ticks. Source: Taylor, Modelling Financial
 * Time Series, 1986; Roll, A Simple Implicit Measure of the Effective Bid-Ask Spread, 1984.
 */
export class PriceWalk {
  readonly #perSecond: number;
  /** Logarithm of the price between bid and ask. */
  #level: number;
  /** Logarithm of how busy it is. */
  #heat = 0;
  #time: number | undefined;

  constructor(readonly instrument: Instrument, price = instrument.price) {
    const { type, volatility } = instrument;
    const seconds = type === "Common Stock" || type === "ETP" ? SESSIONS_S : YEAR_S;
    this.#perSecond = volatility / Math.sqrt(seconds);
    this.#level = Math.log(price);
  }

  /** One that goes on from here by itself. */
  copy(): PriceWalk {
    const copy = new PriceWalk(this.instrument);
    copy.#level = this.#level;
    copy.#heat = this.#heat;
    copy.#time = this.#time;
    return copy;
  }

  /** How often it trades now, relative to others. */
  get activity(): number {
    return this.instrument.activity * Math.exp(this.#heat);
  }

  /** Lets the time for bursts pass. */
  warm(seconds: number, random: () => number): void {
    const kept = Math.exp(-seconds / MEMORY_S);
    this.#heat = this.#heat * kept + STRAY * Math.sqrt(1 - kept * kept) * normal(random);
  }

  /** The price of a trade at a time, in milliseconds; times must not go backwards. */
  price(time: number, random: () => number): number {
    const seconds = Math.min(LONGEST_S, (time - (this.#time ?? time)) / 1000);
    this.#time = time;
    // Half of the heat goes into the volatility, all of it into the number of trades.
    const deviation = this.#perSecond * Math.exp(0.5 * this.#heat) * Math.sqrt(seconds);
    if (deviation > 0) this.#level += deviation * normal(random) - deviation * deviation / 2;
    const { spread, tick } = this.instrument;
    const bid = Math.max(1, Math.round(Math.exp(this.#level) / tick - spread / 2));
    return inSteps(random() < 0.5 ? bid : bid + spread, tick);
  }

  /** The volume of a trade, in whole lots. @param trades how many it stands for */
  volume(random: () => number, trades = 1): number {
    const { lot, size } = this.instrument;
    const wanted = trades * size * Math.exp(0.9 * normal(random) + 0.5 * this.#heat - 0.4);
    return inSteps(Math.max(1, Math.round(wanted / lot)), lot);
  }
}
