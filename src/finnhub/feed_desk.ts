import type { SymbolDesk } from "../web/dashboard/symbol_desk.ts";
import type { FinnhubAccess } from "./access.ts";
import type { Feed } from "./feed.ts";
import { searchSymbols, type SymbolMatch, SymbolSearchError } from "./symbols.ts";

export interface FeedDeskOptions {
  access: FinnhubAccess;
  feed: Feed;
  random: () => number;
  /** Keeps a symbol for the next start. */
  remember(symbol: string): void;
}

/** Symbols that a page may make a feed follow; Finnhub's plans allow fewer and say so by themselves. */
const MAX_SYMBOLS = 500;

/** Searches at Finnhub and subscribes to what is added. */
export class FeedDesk implements SymbolDesk {
  constructor(readonly options: FeedDeskOptions) {}

  search(query: string, signal: AbortSignal): Promise<SymbolMatch[]> {
    return searchSymbols(query, {
      ...this.options.access,
      random: this.options.random,
      signal,
      // A person waits: better to hear of the limit now than to get an answer in a minute.
      wait: () => Promise.reject(new SymbolSearchError("too many look-ups, try again in a minute")),
    });
  }

  add(symbol: string): void {
    const { feed, remember } = this.options;
    if (feed.symbols.size >= MAX_SYMBOLS) {
      throw new RangeError(`at most ${MAX_SYMBOLS} symbols can be followed`);
    }
    remember(symbol);
    feed.subscribe(symbol);
  }
}
