import { hourOf } from "../market/series.ts";
import { type Trade, tradeFault } from "../market/trade.ts";
import { correctedTradeId } from "../market/trade_id.ts";
import type { StoredTrade } from "../processing/ports.ts";
import { ImportPlaces } from "./import_places.ts";
import type { BatchStore } from "./ports.ts";

/** What a file says of a trade that is stored: that it is cancelled, or what is right of it. */
export interface Amendment {
  /** The trade as it is stored. */
  trade: Pick<Trade, "symbol" | "time" | "price" | "volume">;
  /** Of its row: needed only where several are alike and the file names not all of them. */
  id?: Uint8Array;
  /** Absent where the trade is cancelled. */
  correction?: { price: number; volume: number };
}

export interface AmendmentOptions {
  store: Pick<BatchStore, "trades" | "writeTrades" | "markTrade">;
  /** Runs a request again while the store is away for a moment. */
  retry<T>(work: () => Promise<T>): Promise<T>;
  /** Called for an amendment of which nothing is stored. */
  onFault(line: number, fault: string): void;
}

/** An amendment with where it stands. */
export interface NumberedAmendment extends Amendment {
  line: number;
  /** Of those of the file that describe the same trade; 0 for the first. */
  place: number;
}

/** What is wrong with an amendment, whatever is stored; undefined when nothing is. */
export function amendmentFault({ correction, trade }: Amendment, nowMs: number): string | undefined {
  const { price, symbol, time, volume } = trade;
  return tradeFault(symbol, price, volume, time, nowMs) ??
    (correction && tradeFault(symbol, correction.price, correction.volume, time, nowMs));
}

/**
 * Marks rows of trades that were cancelled or corrected; a correction is stored beside the row that it corrects, as an imported trade.
 * Doing it again changes nothing: of trades that are alike, the first line of a file means the first, and so on.
 */
export class Amendments {
  readonly #places = new ImportPlaces();
  #found = 0;

  constructor(readonly options: AmendmentOptions) {}

  /** Tells an amendment from those before that describe the same trade; undefined where there are too many. */
  number(amendment: Amendment, line: number): NumberedAmendment | undefined {
    const { price, symbol, time, volume } = amendment.trade;
    const place = amendment.id ? 0 : this.#places.next(`${symbol} ${price} ${volume}`, time);
    return place === undefined ? undefined : { ...amendment, line, place };
  }

  /** Number of trades that were found since the last call. */
  take(): number {
    const found = this.#found;
    this.#found = 0;
    return found;
  }

  async apply({ correction, id, line, place, trade }: NumberedAmendment): Promise<void> {
    const { onFault, retry, store } = this.options;
    const alike = await retry(() => this.#alike(trade));
    const found = id ? alike.find((row) => equal(row.id, id)) : alike[place];
    if (found === undefined) return onFault(line, "no stored trade is like this");
    this.#found++;
    const { symbol, time } = trade;
    await retry(async () => {
      if (correction) {
        const right = { symbol, time, ...correction, conditions: found.conditions };
        const row = {
          id: correctedTradeId(found.id, right),
          time,
          ...correction,
          conditions: found.conditions.length === 0 ? undefined : found.conditions,
          ingested: time,
        };
        await store.writeTrades(symbol, hourOf(time), [row]);
      }
      await store.markTrade(symbol, time, found.id, correction ? "correction" : "cancel");
    });
  }

  /** Stored trades of these numbers, marked or not, by their ids. */
  async #alike({ price, symbol, time, volume }: Amendment["trade"]): Promise<StoredTrade[]> {
    const found: StoredTrade[] = [];
    for await (const row of this.options.store.trades(symbol, time, time + 1)) {
      if (row.price === price && row.volume === volume) found.push(row);
    }
    return found;
  }
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, i) => byte === b[i]);
