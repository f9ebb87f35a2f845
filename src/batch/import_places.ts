/** Most trades of one symbol and millisecond that ids tell apart. */
export const MAX_PLACES = 65_536;

/**
 * Counts the trades of each symbol and millisecond in the order of a file. Two generations of at most `capacity` milliseconds
 * are remembered: a file in rough order of time is counted exactly. A millisecond that comes back after it was
 * forgotten counts from 0 again, so that a trade equal to its earlier one there is taken for the same.
 */
export class ImportPlaces {
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  constructor(readonly capacity = 100_000) {}

  /** Place of the next trade of the symbol in that millisecond; undefined when there are too many. */
  next(symbol: string, time: number): number | undefined {
    const key = `${time} ${symbol}`;
    const place = this.#young.get(key) ?? this.#old.get(key) ?? 0;
    if (place >= MAX_PLACES) return undefined;
    if (this.#young.size >= this.capacity && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, place + 1);
    return place;
  }
}
