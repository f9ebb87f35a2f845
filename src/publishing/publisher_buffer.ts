import { Fifo } from "../async/fifo.ts";
import type { Mark } from "./outgoing_message.ts";
import type { FeedSpan } from "../market/following/span.ts";
import type { Trade } from "../market/trade.ts";

/** Trades of one symbol from one frame, or what is told of its feed in place of trades: they become one message. */
export interface Parcel {
  symbol: string;
  trades: readonly Trade[];
  span?: FeedSpan;
  /** When the frame came, milliseconds since the epoch. */
  receivedAt: number;
  /** How far the recording that it comes from is with it. */
  mark?: Mark;
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

/** A parcel and its place among all. */
interface Placed {
  parcel: Parcel;
  place: number;
}

/**
 * What waits to be sent, by lanes: first in, first out within each, with a bound on trades over all of them beyond which the oldest
 * are shed.
 */
export class PublisherBuffer {
  readonly #lanes = new Map<string, Fifo<Placed>>();
  #trades = 0;
  #spans = 0;
  #parcels = 0;
  #next = 0;

  /**
   * @param maxTrades trades held at most, each word on a feed counted as one; a single larger frame is held alone
   * @param onShed hears of each parcel that is shed
   */
  constructor(readonly maxTrades: number, readonly onShed: (parcel: Parcel) => void = () => {}) {}

  /** Trades that wait. */
  get size(): number {
    return this.#trades;
  }

  /** Parcels that wait. */
  get parcels(): number {
    return this.#parcels;
  }

  /** Lanes in which something waits. */
  lanes(): Iterable<string> {
    return this.#lanes.keys();
  }

  /** Adds a parcel to a lane; the number of trades that were shed to make room. */
  add(lane: string, parcel: Parcel): number {
    let waiting = this.#lanes.get(lane);
    if (waiting === undefined) this.#lanes.set(lane, waiting = new Fifo());
    waiting.push({ parcel, place: this.#next++ });
    this.#trades += parcel.trades.length;
    if (parcel.span !== undefined) this.#spans++;
    this.#parcels++;
    let shed = 0;
    while (this.#trades + this.#spans > this.maxTrades && this.#parcels > 1) {
      const oldest = this.#shift(this.#oldest())!;
      shed += oldest.trades.length;
      this.onShed(oldest);
    }
    return shed;
  }

  /** Takes the oldest parcels of a lane, up to `maxTrades` trades, or words on a feed, but at least one parcel if there is any. */
  take(lane: string, maxTrades: number): Parcel[] {
    const taken: Parcel[] = [];
    let trades = 0;
    for (let next = this.#peek(lane); next; next = this.#peek(lane)) {
      const weight = Math.max(1, next.parcel.trades.length);
      if (taken.length > 0 && trades + weight > maxTrades) break;
      trades += weight;
      taken.push(this.#shift(lane)!);
    }
    return taken;
  }

  #peek(lane: string): Placed | undefined {
    return this.#lanes.get(lane)?.peek();
  }

  #shift(lane: string): Parcel | undefined {
    const waiting = this.#lanes.get(lane);
    const parcel = waiting?.shift()?.parcel;
    if (parcel === undefined) return undefined;
    this.#trades -= parcel.trades.length;
    if (parcel.span !== undefined) this.#spans--;
    this.#parcels--;
    // A lane without a parcel is forgotten: names that come once must not stay.
    if (waiting!.length === 0) this.#lanes.delete(lane);
    return parcel;
  }

  /** The lane whose first parcel came before those of all others. */
  #oldest(): string {
    let [oldest, first] = ["", Infinity];
    for (const [lane, waiting] of this.#lanes) {
      const { place } = waiting.peek()!;
      if (place < first) [oldest, first] = [lane, place];
    }
    return oldest;
  }
}
