/** What an alert waits for: a price at or beyond a level, one that crosses it, or a move of so many percent in a time. */
export const ALERT_KINDS = ["above", "below", "crossing", "move"] as const;
export type AlertKind = typeof ALERT_KINDS[number];

/** An alert on a symbol's price. */
export interface PriceAlert {
  /** Tells it from the others. */
  id: string;
  symbol: string;
  kind: AlertKind;
  /** A price; for a move, percent in either direction. */
  value: number;
  /** For a move: the time that it may take, minutes. */
  minutes: number;
}

/** Longest time of a move, minutes. */
export const MOST_MINUTES = 1440;
const MINUTE_MS = 60_000;
/** Prices of a move that are remembered: the window's lowest and highest are among so many parts of it. */
const PARTS = 120;

/** What was seen of an alert's symbol since the alert began to wait. */
export class AlertSight {
  #before: number | undefined;
  /** For a move: lowest and highest price of each part of its time, earliest first. */
  readonly #parts: { part: number; low: number; high: number }[] = [];

  /**
   * Takes a price; true when it is what the alert waits for.
   *
   * @param time of the trade, milliseconds
   */
  goesOff({ kind, minutes, value }: PriceAlert, price: number, time: number): boolean {
    const before = this.#before;
    this.#before = price;
    switch (kind) {
      case "above":
        return price >= value;
      case "below":
        return price <= value;
      case "crossing":
        return before !== undefined && before !== value && (before < value ? price >= value : price <= value);
      case "move":
        return this.#moved(minutes * MINUTE_MS, value / 100, price, time);
    }
  }

  #moved(window: number, share: number, price: number, time: number): boolean {
    const part = Math.floor(time / (window / PARTS));
    while (this.#parts[0] && this.#parts[0].part < part - PARTS) this.#parts.shift();
    const low = Math.min(price, ...this.#parts.map((each) => each.low));
    const high = Math.max(price, ...this.#parts.map((each) => each.high));
    const last = this.#parts.at(-1);
    if (last?.part === part) {
      last.low = Math.min(last.low, price);
      last.high = Math.max(last.high, price);
    } else this.#parts.push({ part, low: price, high: price });
    // By 10 % from 100 is to 110, whatever rounding makes of it.
    const least = share * (1 - 1e-9);
    return price - low >= least * low || high - price >= least * high;
  }
}
