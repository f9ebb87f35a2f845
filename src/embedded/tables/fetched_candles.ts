import type { FetchedCandle } from "../../market/following/fetched.ts";
import { bucketOf, type SeriesKind } from "../../market/series.ts";
import type { Database } from "../database.ts";

const PRICES = ["window_start", "open", "high", "low", "close", "volume"] as const;

/** Stores candles that were fetched; writing them again changes nothing but when. */
export function writeFetched(
  database: Database,
  symbol: string,
  kind: SeriesKind,
  candles: readonly FetchedCandle[],
  at: number,
): void {
  const insert = database.prepare(
    "INSERT OR REPLACE INTO fetched_candles (symbol, interval, bucket, window_start, open, high, low, close, volume, " +
      "source, fetched_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'rest', ?)",
  );
  database.transaction(() => {
    for (const { close, high, low, open, start, volume } of candles) {
      insert.run(symbol, kind.name, bucketOf(kind, start), start, open, high, low, close, volume, at);
    }
  });
}

/** Fetched candles that start in [from, to), earliest first. */
export function readFetched(
  database: Database,
  symbol: string,
  kind: SeriesKind,
  from: number,
  to: number,
): FetchedCandle[] {
  const rows = database.all(
    `SELECT ${PRICES.join(", ")} FROM fetched_candles WHERE symbol = ? AND interval = ? ` +
      "AND (bucket, window_start) >= (?, ?) AND (bucket, window_start) < (?, ?) ORDER BY bucket, window_start",
    symbol,
    kind.name,
    bucketOf(kind, from),
    from,
    bucketOf(kind, to),
    to,
  );
  return rows.flatMap((row) => {
    const [start, open, high, low, close, volume] = PRICES.map((name) => row[name]) as number[];
    const candle = { start, open, high, low, close, volume };
    if (Object.values(candle).every((value) => typeof value === "number")) return [candle as FetchedCandle];
    database.passOver("a row of fetched_candles");
    return [];
  });
}
