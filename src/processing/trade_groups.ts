import { hourOf } from "../market/series.ts";
import { tradeId } from "../market/trade_id.ts";
import type { DecodedMessage } from "./decode.ts";
import type { TradeRow } from "./ports.ts";

/** Rows that the store keeps together. */
export interface TradeGroup {
  symbol: string;
  /** Start of the hour, milliseconds. */
  hour: number;
  rows: TradeRow[];
}

/**
 * The rows of the good trades of some messages, by symbol and hour.
 *
 * @param topicHash of the messages' topic, as {@linkcode tradeId} takes it
 */
export function tradeGroups(
  messages: readonly DecodedMessage[],
  topicHash: number,
  partition: number,
): Iterable<TradeGroup> {
  const groups = new Map<string, TradeGroup>();
  let group: TradeGroup | undefined;
  for (const { bad, position, sent, trades } of messages) {
    for (let i = 0; i < trades.length; i++) {
      if (bad.size > 0 && bad.has(i)) continue;
      const { c, p, s, t, v } = trades[i]!;
      const hour = hourOf(t);
      if (group?.symbol !== s || group.hour !== hour) {
        const key = `${hour} ${s}`;
        group = groups.get(key);
        if (!group) groups.set(key, group = { symbol: s, hour, rows: [] });
      }
      group.rows.push({
        id: tradeId(topicHash, partition, position, i),
        time: t,
        price: p,
        volume: v,
        conditions: c === null || c.length === 0 ? undefined : c,
        ingested: sent,
      });
    }
  }
  return groups.values();
}
