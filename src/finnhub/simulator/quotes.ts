import type { FrameTrade, MarketSource } from "./market_source.ts";

/** `GET /quote` as Finnhub documents it; of a symbol that it does not know all is 0. */
export interface Quote {
  /** Last price. */
  c: number;
  /** Change since the previous close, absolute and in per cent. */
  d: number | null;
  dp: number | null;
  /** High, low and open of the day. */
  h: number;
  l: number;
  o: number;
  /** Previous close. */
  pc: number;
  /** Time of the last price, seconds since the epoch. */
  t: number;
}

interface Day {
  number: number;
  open: number;
  high: number;
  low: number;
  last: number;
  before: number;
  time: number;
}

const DAY_MS = 86_400_000;
const UNKNOWN: Quote = { c: 0, d: null, dp: null, h: 0, l: 0, o: 0, pc: 0, t: 0 };

/** The day of each symbol, from the trades of a market. Before its first trade a symbol stands at its reference price. */
export class Quotes {
  readonly #days = new Map<string, Day>();
  readonly #symbols: ReadonlySet<string>;

  constructor(readonly source: Pick<MarketSource, "symbols" | "instrument">) {
    this.#symbols = new Set(source.symbols);
  }

  note(trades: readonly FrameTrade[]): void {
    for (const { p, s, t } of trades) {
      const number = Math.floor(t / DAY_MS);
      const day = this.#days.get(s);
      if (day?.number === number) {
        day.high = Math.max(day.high, p);
        day.low = Math.min(day.low, p);
        day.last = p;
        day.time = t;
      } else {
        const before = day?.last ?? this.source.instrument?.(s).price ?? p;
        this.#days.set(s, { number, open: p, high: p, low: p, last: p, before, time: t });
      }
    }
  }

  /** @param now milliseconds since the epoch, for a symbol without a trade */
  of(symbol: string, now: number): Quote {
    const day = this.#days.get(symbol);
    if (day !== undefined) {
      const { before, high, last, low, open, time } = day;
      const change = Number((last - before).toPrecision(12));
      return {
        c: last,
        d: change,
        dp: Number((change / before * 100).toFixed(4)),
        h: high,
        l: low,
        o: open,
        pc: before,
        t: Math.floor(time / 1000),
      };
    }
    const price = this.#symbols.has(symbol) ? this.source.instrument?.(symbol).price : undefined;
    if (price === undefined) return UNKNOWN;
    return { c: price, d: 0, dp: 0, h: price, l: price, o: price, pc: price, t: Math.floor(now / 1000) };
  }
}
