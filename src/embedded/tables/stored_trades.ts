import { type StoredTrade, TRADE_MARKS, type TradeMark } from "../../processing/ports.ts";
import { hourOf } from "../../market/series.ts";
import { codesOf } from "./market_reader.ts";
import type { Database } from "../database.ts";

/** A symbol's trades in [from, to), by time and id. They are rows that this process has written. */
export function storedTrades(database: Database, symbol: string, from: number, to: number): StoredTrade[] {
  return database.all(
    "SELECT trade_timestamp, uuid, price, volume, trade_conditions, cancelled FROM trades WHERE symbol = ? AND " +
      "(hour, trade_timestamp) >= (?, ?) AND (hour, trade_timestamp) < (?, ?) ORDER BY hour, trade_timestamp, uuid",
    symbol,
    hourOf(from),
    from,
    hourOf(to),
    to,
  ).map(({ cancelled, price, trade_conditions, trade_timestamp, uuid, volume }) => ({
    id: uuid as Uint8Array,
    time: Number(trade_timestamp),
    price: Number(price),
    volume: Number(volume),
    conditions: codesOf(trade_conditions) ?? [],
    ...markOf(cancelled),
  }));
}

/** Why a trade counts no more, as far as it is told. */
export function markOf(cancelled: unknown): { cancelled?: TradeMark } {
  const mark = TRADE_MARKS.find((mark) => mark === cancelled);
  return mark === undefined ? {} : { cancelled: mark };
}
