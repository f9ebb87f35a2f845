import { EARLIEST_TRADE_MS, FUTURE_TOLERANCE_MS } from "./trade.ts";

/** Latest time that is told of anywhere: the end of the year 9999, UTC. */
const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** When a message was sent; undefined where its timestamp is absent (-1) or nonsense. */
export const sentAt = (timestamp: number): number | undefined =>
  timestamp >= EARLIEST_TRADE_MS && timestamp <= LATEST_MS ? timestamp : undefined;

/**
 * The time by which a message's trades are a day ahead or not. It is the message's own, and not ours: the same message is judged
 * the same whenever it is read, by whomever. Where it has none, its trades may have any time up to the year 9999.
 */
export const judgedAt = (timestamp: number): number =>
  Math.min(sentAt(timestamp) ?? LATEST_MS, LATEST_MS - FUTURE_TOLERANCE_MS);

/** How far ahead of ours another clock may be for a latency of nothing, milliseconds. */
const SKEW_MS = 2000;
/** Longer ago than any log keeps, milliseconds. */
const LONGEST_MS = 366 * 86_400_000;

/** Seconds since a message was sent; undefined where its timestamp does not tell: absent, of the future, or of another age. */
export function secondsSince(timestamp: number, nowMs: number): number | undefined {
  const sent = sentAt(timestamp);
  if (sent === undefined || sent > nowMs + SKEW_MS || sent < nowMs - LONGEST_MS) return undefined;
  return Math.max(0, nowMs - sent) / 1000;
}
