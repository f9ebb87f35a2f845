/** What a window knows of its trades: enough for candle, VWAP and running average. */
export interface Aggregate {
  /** Number of trades. */
  count: number;
  /** Sum of volumes. */
  volume: number;
  /** Sum of price × volume. */
  turnover: number;
  open: number;
  /** Time of the trade that opened, milliseconds. */
  openTime: number;
  high: number;
  low: number;
  close: number;
  /** Time of the trade that closed, milliseconds. */
  closeTime: number;
}

/** The aggregate of no trade: the neutral element of {@linkcode merge}. */
export function emptyAggregate(): Aggregate {
  return {
    count: 0,
    volume: 0,
    turnover: 0,
    open: 0,
    openTime: Infinity,
    high: -Infinity,
    low: Infinity,
    close: 0,
    closeTime: -Infinity,
  };
}

/**
 * Adds the next trade in stream order. Of trades at one time, the first in the stream opens and the last closes;
 * adding in stream order makes sums repeat to the last bit.
 */
export function addTrade(into: Aggregate, price: number, volume: number, time: number): void {
  addVolume(into, price, volume);
  widen(into, price);
  setLast(into, price, time);
}

/** Adds the next trade in the order of arrival: the first opens and the last closes, whatever their times. */
export function addArrival(into: Aggregate, price: number, volume: number, time: number): void {
  if (into.count === 0) {
    into.open = price;
    into.openTime = time;
  }
  addVolume(into, price, volume);
  widen(into, price);
  into.close = price;
  into.closeTime = time;
}

/** What of a window a trade sets. */
export interface Sets {
  /** Open and close. */
  last: boolean;
  highLow: boolean;
  volume: boolean;
}

/** Adds the next trade in stream order with what its sale conditions let it set. */
export function addSale(into: Aggregate, price: number, volume: number, time: number, sets: Sets): void {
  if (sets.volume) addVolume(into, price, volume);
  if (sets.highLow) widen(into, price);
  if (sets.last) setLast(into, price, time);
}

function addVolume(into: Aggregate, price: number, volume: number): void {
  into.count++;
  into.volume += volume;
  into.turnover += price * volume;
}

function widen(into: Aggregate, price: number): void {
  if (price > into.high) into.high = price;
  if (price < into.low) into.low = price;
}

function setLast(into: Aggregate, price: number, time: number): void {
  if (time < into.openTime) {
    into.open = price;
    into.openTime = time;
  }
  if (time >= into.closeTime) {
    into.close = price;
    into.closeTime = time;
  }
}

/** The aggregate of `earlier`'s trades followed, in stream order, by `later`'s. Associative; not commutative. */
export function merge(earlier: Aggregate, later: Aggregate): Aggregate {
  const opens = later.openTime < earlier.openTime ? later : earlier;
  const closes = later.closeTime >= earlier.closeTime ? later : earlier;
  return {
    count: earlier.count + later.count,
    volume: earlier.volume + later.volume,
    turnover: earlier.turnover + later.turnover,
    open: opens.open,
    openTime: opens.openTime,
    high: Math.max(earlier.high, later.high),
    low: Math.min(earlier.low, later.low),
    close: closes.close,
    closeTime: closes.closeTime,
  };
}

/** Volume-weighted average price; undefined where nothing but price updates happened, or the sums overflow. */
export function vwap({ turnover, volume }: Aggregate): number | undefined {
  if (!(volume > 0 && volume < Infinity && turnover < Infinity)) return undefined;
  const price = turnover / volume;
  return Number.isFinite(price) ? price : undefined;
}

/**
 * The same where lowest and highest price are known, and never beyond them: rounding takes it there by a last bit, and tiny
 * volumes by more.
 */
export function boundedVwap(aggregate: Aggregate): number | undefined {
  const price = vwap(aggregate);
  return price === undefined ? undefined : Math.min(aggregate.high, Math.max(aggregate.low, price));
}

/** Mean of price × volume over the trades. */
export const meanTurnover = ({ turnover, count }: Aggregate): number => turnover / count;
