import type { FetchedCandle } from "../../market/following/fetched.ts";
import { bucketOf, nextBucket, type SeriesKind } from "../../market/series.ts";
import type { Session } from "../session.ts";

/** Rows of one write. */
const BATCH_ROWS = 100;
/** Partitions that one question reads at most. */
const MAX_BUCKETS = 62;

const INSERT =
  "INSERT INTO fetched_candles (symbol, interval, bucket, window_start, open, high, low, close, volume, " +
  "source, fetched_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'rest', ?)";

/** Stores candles that were fetched; writing them again changes nothing but when. */
export async function writeFetched(
  session: Session,
  symbol: string,
  kind: SeriesKind,
  candles: readonly FetchedCandle[],
  at: number,
): Promise<void> {
  for (const [bucket, own] of Map.groupBy(candles, ({ start }) => bucketOf(kind, start))) {
    for (let i = 0; i < own.length; i += BATCH_ROWS) {
      const queries = own.slice(i, i + BATCH_ROWS).map(({ close, high, low, open, start, volume }) => ({
        query: INSERT,
        params: [symbol, kind.name, bucket, start, open, high, low, close, volume, at],
      }));
      await session.batch(queries, { prepare: true, logged: false, isIdempotent: true });
    }
  }
}

/** Fetched candles that start in [from, to), earliest first. */
export async function readFetched(
  session: Session,
  symbol: string,
  kind: SeriesKind,
  from: number,
  to: number,
): Promise<FetchedCandle[]> {
  const found: FetchedCandle[] = [];
  for (let bucket = bucketOf(kind, from), i = 0; bucket < to && i < MAX_BUCKETS; i++) {
    const { rows } = await session.execute(
      "SELECT window_start, open, high, low, close, volume FROM fetched_candles WHERE symbol = ? AND interval = ? " +
        "AND bucket = ? AND window_start >= ? AND window_start < ? ORDER BY window_start ASC",
      [symbol, kind.name, new Date(bucket), new Date(from), new Date(to)],
    );
    for (const row of rows) {
      const number = (column: string) => Number(row.get(column));
      found.push({
        start: (row.get("window_start") as Date).getTime(),
        open: number("open"),
        high: number("high"),
        low: number("low"),
        close: number("close"),
        volume: number("volume"),
      });
    }
    bucket = nextBucket(kind, bucket);
  }
  return found;
}
