import { assertEquals } from "@std/assert";
import type { Trade } from "../../src/market/trade.ts";
import { expectedAverages, expectedCandles } from "../expected.ts";
import { type Pipeline, tradeText } from "./pipeline.ts";

/**
 * Compares all that is stored with what plain code makes of the trades: every trade once, every candle and running average equal
 * to the last bit.
 *
 * @param trades in stream order within each symbol
 */
export async function assertStored(pipeline: Pipeline, trades: readonly Trade[]): Promise<void> {
  const wanted = trades.map(({ price, symbol, time, volume }) => tradeText(symbol, time, price, volume))
    .sort();
  const stored = await pipeline.storedTrades();
  assertEquals(stored.length, wanted.length, "number of rows in trades");
  assertEquals(stored, wanted);

  const vwap = (turnover: number, volume: number) => volume > 0 ? turnover / volume : null;
  const windows = new Map<string, unknown>();
  for (const [key, window] of expectedCandles(trades)) {
    const price = vwap(window.turnover, window.volume);
    const bounded = price === null ? null : Math.min(window.high, Math.max(window.low, price));
    windows.set(key, { ...window, vwap: bounded });
  }
  for (const [key, { count, turnover, volume }] of expectedAverages(trades)) {
    windows.set(key, { count, turnover, volume, vwap: vwap(turnover, volume), mean: turnover / count });
  }
  const found = await pipeline.storedWindows();
  assertEquals([...found.keys()].filter((key) => !windows.has(key)), [], "windows that should not be there");
  for (const [key, window] of windows) assertEquals(found.get(key) as unknown, window, key);
}
