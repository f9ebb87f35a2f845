import { Calendars } from "../../market/calendar/calendars.ts";
import type { FrameTrade } from "./market_source.ts";
import { instrumentOf } from "./instruments.ts";
import { PriceWalk } from "./price_walk.ts";

export interface FloorOptions {
  symbols: readonly string[];
  seed: number;
  /** Whether stocks and currencies trade in the regular sessions of their calendars alone. */
  hours: boolean;
}

/** Between two looks at how busy each symbol is, milliseconds. */
const LOOK_MS = 1000;
/** Share of trades that are mere price updates, without a volume. */
const UPDATES = 0.02;

/** The symbols of a synthetic market, and who trades next. */
export class Floor {
  readonly #walks: readonly PriceWalk[];
  /** Sums of the activity of each symbol and those before it; symbols that are closed add nothing. */
  readonly #sums: Float64Array;
  readonly #calendars = new Calendars();
  #lookedAt: number | undefined;

  /** @param walks where the symbols go on; from their reference prices when absent */
  constructor(readonly options: FloorOptions, walks?: readonly PriceWalk[]) {
    const { seed, symbols } = options;
    this.#walks = walks ?? symbols.map((symbol) => new PriceWalk(instrumentOf(symbol, seed)));
    this.#sums = new Float64Array(symbols.length);
  }

  /** The same floor, which goes on from here by itself. */
  copy(): Floor {
    return new Floor(this.options, this.#walks.map((walk) => walk.copy()));
  }

  /** The next trade, of whichever symbol; undefined while all are closed. Times must not go backwards. */
  next(time: number, random: () => number): FrameTrade | undefined {
    this.#look(time, random);
    const total = this.#sums.at(-1)!;
    if (total === 0) return undefined;
    return this.#trade(this.#walks[this.#at(random() * total)]!, time, random);
  }

  /**
   * Trades of each of the first symbols that is open: one at each moment.
   *
   * @param most symbols
   * @param moments up to when prices walk for a trade, and the time that it has
   * @param weight how many trades each stands for
   */
  round(
    most: number,
    moments: readonly { walked: number; time: number }[],
    random: () => number,
    weight: (share: number) => number,
  ): FrameTrade[] {
    this.#look(moments[0]!.walked, random);
    const total = this.#sums.at(-1)!;
    return this.#walks.slice(0, most).flatMap((walk, i) => {
      const share = this.#sums[i]! - (this.#sums[i - 1] ?? 0);
      if (share === 0) return [];
      return moments.map(({ time, walked }) => {
        const trade = this.#trade(walk, walked, random, weight(share / total));
        trade.t = time;
        return trade;
      });
    });
  }

  #trade(walk: PriceWalk, time: number, random: () => number, weight = 1): FrameTrade {
    const { instrument: { symbol, type } } = walk;
    const p = walk.price(time, random);
    const v = random() < UPDATES ? 0 : walk.volume(random, weight);
    const base = { s: symbol, p, t: time, v };
    const kind = random();
    // The feed sends codes for stocks, and nothing, null or an empty list for the rest.
    if (type === "Common Stock" || type === "ETP") {
      return kind < 0.2 ? { ...base, c: [] } : { ...base, c: v < 100 ? ["1", "12"] : ["1"] };
    }
    return kind < 0.5 ? base : { ...base, c: null };
  }

  /** Lets each symbol become busier or quieter, now and then. */
  #look(time: number, random: () => number): void {
    const passed = time - (this.#lookedAt ?? -Infinity);
    if (passed < LOOK_MS) return;
    this.#lookedAt = time;
    let sum = 0;
    for (const [i, walk] of this.#walks.entries()) {
      walk.warm(Math.min(passed, 86_400_000) / 1000, random);
      this.#sums[i] = sum += this.#isOpen(walk.instrument.symbol, time) ? walk.activity : 0;
    }
  }

  #isOpen(symbol: string, time: number): boolean {
    return !this.options.hours || this.#calendars.of(symbol).sessionAt(time) === "regular";
  }

  /** The first symbol whose sum is above a number. */
  #at(wanted: number): number {
    let [low, high] = [0, this.#sums.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sums[middle]! > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
