import { seededRandom } from "../../src/finnhub/random.ts";
import type { Trade } from "../../src/market/trade.ts";

/** Trades of the last minutes, one each tenth of a second, of symbols that are a letter each. */
export function knownTrades(count: number, seed: number, symbols: string): Trade[] {
  const random = seededRandom(seed);
  const start = Date.now() - 600_000;
  return Array.from({ length: count }, (_, i) => ({
    symbol: symbols[i % symbols.length]!,
    price: Math.round(random() * 10_000) / 100,
    volume: Math.round(random() * 1000) / 100,
    time: start + i * 100,
    conditions: [],
  }));
}

/** A recording of the feed, five trades a frame. */
export async function framesFile(folder: string, trades: readonly Trade[]): Promise<string> {
  const frames: string[] = [];
  for (let i = 0; i < trades.length; i += 5) {
    const data = trades.slice(i, i + 5).map(({ price, symbol, time, volume }) => {
      return { s: symbol, p: price, t: time, v: volume, c: [] };
    });
    frames.push(JSON.stringify({ type: "trade", data }));
  }
  const path = `${folder}/frames.ndjson`;
  await Deno.writeTextFile(path, `${frames.join("\n")}\n`);
  return path;
}
