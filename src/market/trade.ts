import { hasUnfitCharacters, symbolFault } from "./symbol.ts";

/** One trade as Finnhub reports it. */
export interface Trade {
  symbol: string;
  price: number;
  /** Traded quantity; 0 for a mere price update. */
  volume: number;
  /** Milliseconds since the epoch, UTC. */
  time: number;
  /** Condition codes; absent and empty mean the same. */
  conditions: readonly string[];
}

/** Earliest time that a trade may carry: 2000-01-01 UTC, in milliseconds. */
export const EARLIEST_TRADE_MS = Date.UTC(2000, 0, 1);
/**
 * Latest time that a trade may ever carry: the end of the year 9999 UTC, in milliseconds. Whatever clock judges it, Avro's codec,
 * calendars, Cassandra and four-digit years bear it.
 */
export const LATEST_TRADE_MS = Date.UTC(10_000, 0, 1) - 1;
/** How far ahead of its message's own timestamp a trade's time may lie, in milliseconds. */
export const FUTURE_TOLERANCE_MS = 86_400_000;
/** Longest condition code, in UTF-16 units. */
export const MAX_CODE_LENGTH = 16;
/** Most condition codes of a trade. */
export const MAX_CODES = 16;

/**
 * What is wrong with a trade, in a few words; undefined when nothing is.
 *
 * @param nowMs when it came: the timestamp of its message, milliseconds since the epoch. A clock that is read at each try would
 * judge the same message differently when it is read again.
 */
export function tradeFault(
  symbol: string,
  price: number,
  volume: number,
  time: number,
  nowMs: number,
): string | undefined {
  const fault = symbolFault(symbol);
  if (fault !== undefined) return fault;
  if (!(price > 0 && price < Infinity)) return "price not finite or not above 0";
  if (!(volume >= 0 && volume < Infinity)) return "volume not finite or negative";
  if (!(time >= EARLIEST_TRADE_MS)) return "time before 2000-01-01";
  if (time > LATEST_TRADE_MS) return "time after the year 9999";
  if (time > nowMs + FUTURE_TOLERANCE_MS) return "time more than a day ahead";
  if (!Number.isInteger(time)) return "time not in whole milliseconds";
  return undefined;
}

/** Condition codes of a trade that are taken, and the number of entries that are not. */
export interface Codes {
  codes: readonly string[];
  /** Entries beyond the first {@linkcode MAX_CODES} codes, and those that are no codes. */
  dropped: number;
}

const NO_CODES: Codes = { codes: [], dropped: 0 };

/**
 * The condition codes among what a trade brings as such. A code has 1 to {@linkcode MAX_CODE_LENGTH} characters, none of control
 * or format; what is no code is dropped and the trade kept, since its price and volume are good. Null stands for no code.
 */
export function conditionCodes(listed: readonly unknown[] | null): Codes {
  if (listed === null || listed.length === 0) return NO_CODES;
  const codes: string[] = [];
  let dropped = 0;
  for (const entry of listed) {
    if (entry === null) continue;
    if (codes.length < MAX_CODES && isCode(entry)) codes.push(entry);
    else dropped++;
  }
  return { codes, dropped };
}

const isCode = (entry: unknown): entry is string =>
  typeof entry === "string" && entry.length > 0 && entry.length <= MAX_CODE_LENGTH &&
  !hasUnfitCharacters(entry);
