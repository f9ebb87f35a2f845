import { Fifo } from "../async/fifo.ts";
import type { Trade } from "../market/trade.ts";

/** Trades of one symbol from one frame: they become one message. */
export interface Parcel {
  symbol: string;
  trades: readonly Trade[];
  /** When the frame came, milliseconds since the epoch. */
  receivedAt: number;
}

/** Trades of one message: keeps a message far below a broker's limit whatever a frame holds. */
const MAX_PARCEL_TRADES = 1000;

/** Splits a frame by symbol; each symbol's trades keep their order. */
export function parcels(trades: readonly Trade[], receivedAt: number): Parcel[] {
  const bySymbol = new Map<string, Trade[]>();
  for (const trade of trades) {
    const known = bySymbol.get(trade.symbol);
    if (known) known.push(trade);
    else bySymbol.set(trade.symbol, [trade]);
  }
  const result: Parcel[] = [];
  for (const [symbol, all] of bySymbol) {
    for (let i = 0; i < all.length; i += MAX_PARCEL_TRADES) {
      result.push({ symbol, trades: all.slice(i, i + MAX_PARCEL_TRADES), receivedAt });
    }
  }
  return result;
}

/** What waits to be sent: first in, first out, with a bound on trades beyond which the oldest are shed. */
export class PublisherBuffer {
  readonly #parcels = new Fifo<Parcel>();
  #trades = 0;

  /** @param maxTrades trades held at most; a single larger frame is held alone. */
  constructor(readonly maxTrades: number) {}

  /** Trades that wait. */
  get size(): number {
    return this.#trades;
  }

  /** Adds a parcel; the number of trades that were shed to make room. */
  add(parcel: Parcel): number {
    this.#parcels.push(parcel);
    this.#trades += parcel.trades.length;
    let shed = 0;
    while (this.#trades > this.maxTrades && this.#parcels.length > 1) {
      shed += this.#shift()!.trades.length;
    }
    return shed;
  }

  /** Takes the oldest parcels, up to `maxTrades` trades but at least one parcel if there is any. */
  take(maxTrades: number): Parcel[] {
    const taken: Parcel[] = [];
    let trades = 0;
    for (let next = this.#parcels.peek(); next; next = this.#parcels.peek()) {
      if (taken.length > 0 && trades + next.trades.length > maxTrades) break;
      trades += next.trades.length;
      taken.push(this.#shift()!);
    }
    return taken;
  }

  #shift(): Parcel | undefined {
    const parcel = this.#parcels.shift();
    if (parcel) this.#trades -= parcel.trades.length;
    return parcel;
  }
}
