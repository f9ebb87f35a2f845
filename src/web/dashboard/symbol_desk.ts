import type { SymbolMatch } from "../../finnhub/symbols.ts";

/** Finds symbols by name and adds them to what the feed brings. */
export interface SymbolDesk {
  /** @throws {Error} whose message may be shown, when there is no usable answer. */
  search(query: string, signal: AbortSignal): Promise<SymbolMatch[]>;
  /** @throws {RangeError} whose message may be shown, when no more can be added. */
  add(symbol: string): void;
}
