import type { Candle } from "../../../../market/reader.ts";
import { lengthOf } from "../../../../market/series.ts";
import { ask } from "../ask.ts";
import type { Sight } from "./sight.ts";

/** Candles that are asked for at first. */
export const FIRST_CANDLES = 400;
/** Candles of each further page: as many as the server gives at once. */
const PAGE_CANDLES = 2000;
/** Pages that are asked for by themselves to reach what was in sight before. */
const MOST_PAGES = 5;

/**
 * The newest candles, and before them as many as it takes to see what is to be seen; earliest first.
 *
 * @throws {Error} with what the server says against it
 */
export async function loadCandles(symbol: string, interval: string, { at, bars }: Sight): Promise<Candle[]> {
  let candles = await askCandles({ symbol, interval, limit: FIRST_CANDLES });
  const length = lengthOf(interval);
  const from = at === undefined ? Infinity : at - bars * length;
  if (at === undefined || (candles.at(-1)?.start ?? 0) - from > MOST_PAGES * PAGE_CANDLES * length) {
    return candles;
  }
  while (candles[0] && candles[0].start > from) {
    const before = await candlesBefore(symbol, interval, candles[0].start);
    if (before.length === 0) break;
    candles = [...before, ...candles];
  }
  return candles;
}

/**
 * The candles before a time, milliseconds, earliest first; none where it is the first one's that is stored.
 *
 * @throws {Error} with what the server says against it
 */
export const candlesBefore = (symbol: string, interval: string, to: number): Promise<Candle[]> =>
  askCandles({ symbol, interval, to, from: 0, limit: PAGE_CANDLES });

/** Candles that have a price: by sale conditions some have volume alone. */
export const askCandles = async (question: Parameters<typeof ask<"candles">>[1]): Promise<Candle[]> =>
  (await ask("candles", question)).candles.filter(({ close, open }) => open !== null && close !== null);

/**
 * The candles that start from one time on and before another, milliseconds; without the other up to the newest. Earliest first.
 *
 * @throws {Error} with what the server says against it
 */
export async function candlesBetween(
  symbol: string,
  interval: string,
  from: number,
  to?: number,
): Promise<Candle[]> {
  let all: Candle[] = [];
  for (let end = to, page = 0; page <= MOST_PAGES; page++) {
    const candles = await askCandles({
      symbol,
      interval,
      from: Math.max(0, from),
      limit: PAGE_CANDLES,
      ...(end !== undefined && { to: end }),
    });
    all = [...candles, ...all];
    end = candles[0]?.start;
    if (candles.length < PAGE_CANDLES || end === undefined || end <= from) break;
  }
  return all;
}
