import { gapsOf, type KnownGap } from "../market/following/completeness.ts";
import type { Trade } from "../market/trade.ts";
import { tradeOrigin } from "../market/trade_id.ts";
import type { BatchStore } from "./ports.ts";

/** A gap of one symbol that is closed and was not filled. */
export type SymbolGap = KnownGap & { symbol: string; to: number };

/** Gaps that end within [from, to), of these symbols, earliest first. */
export async function gapsToFill(
  store: BatchStore,
  symbols: Iterable<string>,
  from: number,
  to: number,
): Promise<SymbolGap[]> {
  const found: SymbolGap[] = [];
  for (const symbol of symbols) {
    for (const gap of gapsOf(await store.feedSpans(symbol, from, to))) {
      if (gap.filledAt !== undefined || gap.to === undefined || gap.to <= from || gap.from >= to) continue;
      found.push({ ...gap, symbol, to: gap.to });
    }
  }
  return found.sort((a, b) => a.from - b.from);
}

const nameOf = ({ price, time, volume }: Pick<Trade, "price" | "time" | "volume">) =>
  `${time} ${price} ${volume}`;

/**
 * Leaves out of fetched trades those that the stream has stored: a gap is told a little too long, so that a few of its trades came.
 * What an earlier run has imported is not left out: it is imported again, as the same row.
 */
export class UnseenTrades {
  readonly #seen = new Map<string, number>();
  #count = 0;

  private constructor() {}

  /**
   * @param max trades of the stream in the gap that are held
   * @throws {RangeError} when there are more
   */
  static async of(store: BatchStore, { from, symbol, to }: SymbolGap, max: number): Promise<UnseenTrades> {
    const unseen = new UnseenTrades();
    for await (const trade of store.trades(symbol, from, to)) {
      if (tradeOrigin(trade.id).partition < 0) continue;
      if (++unseen.#count > max) throw new RangeError(`more than ${max} trades of the stream are in it`);
      unseen.#seen.set(nameOf(trade), (unseen.#seen.get(nameOf(trade)) ?? 0) + 1);
    }
    return unseen;
  }

  /** Those of a page that the stream has not, each once. */
  take(trades: readonly Trade[]): Trade[] {
    return trades.filter((trade) => {
      const left = this.#seen.get(nameOf(trade)) ?? 0;
      if (left === 0) return true;
      this.#seen.set(nameOf(trade), left - 1);
      return false;
    });
  }
}
