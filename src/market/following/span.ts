import { EARLIEST_TRADE_MS, FUTURE_TOLERANCE_MS } from "../trade.ts";
import { MAX_SYMBOL_LENGTH, symbolFault } from "../symbol.ts";

/** A time over which the feed brought all trades of a symbol, or may have lost some. */
export type SpanKind = "followed" | "gap";

/** What a producer knows of a time of one symbol's feed. Of two spans of a kind with one start, the later told is the true one. */
export interface FeedSpan {
  kind: SpanKind;
  symbol: string;
  /** Milliseconds since the epoch, by the producer's clock. */
  from: number;
  /** Its end; absent while a gap is open. A symbol that is followed is so at least until then. */
  to?: number | undefined;
  /** Why a gap is one, a word of lower case: `lost`, `refused`, `stopped`, `restart` or `shed`. Empty for what is followed. */
  why: string;
}

/** How often a producer tells that it still follows a symbol, milliseconds. */
export const TELL_EVERY_MS = 3_600_000;

/** The longest text of a span: two times, a word, a symbol of any characters, and what parts them. */
export const MAX_SPAN_TEXT = 64 + MAX_SYMBOL_LENGTH;

const MAX_WHY = 16;
const WORDS = { followed: "followed", gap: "gap" } as const;

/**
 * The message type that carries a span, beside an empty list of trades: readers that know nothing of spans find a message
 * without trades. `gap:FROM:TO:WHY:SYMBOL`, where TO is empty while the gap is open, or `followed:FROM:TO:SYMBOL`.
 */
export const spanText = ({ from, kind, symbol, to, why }: FeedSpan): string =>
  [WORDS[kind], from, to ?? "", ...(kind === "gap" ? [why] : []), symbol].join(":");

/** Whether a message's type says that it carries a span, good or not. */
export const isSpanText = (type: string): boolean => /^(gap|followed):/.test(type);

/**
 * Reads a message's type that {@linkcode isSpanText}.
 *
 * @param judgedMs when the message was sent: a span of another day ahead is none
 * @throws {RangeError} that says what is wrong
 */
export function parseSpan(type: string, judgedMs: number): FeedSpan {
  if (type.length > MAX_SPAN_TEXT) throw new RangeError(`longer than ${MAX_SPAN_TEXT} characters`);
  const parts = /^(?:(gap):(\d{1,15}):(\d{0,15}):([a-z]+)|(followed):(\d{1,15}):(\d{1,15})):([^]*)$/.exec(
    type,
  );
  if (parts === null) {
    throw new RangeError("not of the form gap:FROM:TO:WHY:SYMBOL or followed:FROM:TO:SYMBOL");
  }
  const [, gap, gapFrom, gapTo, why = "", , followedFrom, followedTo, symbol = ""] = parts;
  const from = Number(gapFrom ?? followedFrom);
  const end = gapTo ?? followedTo;
  const to = end === "" ? undefined : Number(end);
  if (why.length > MAX_WHY) throw new RangeError(`its reason is longer than ${MAX_WHY} characters`);
  if (from < EARLIEST_TRADE_MS) throw new RangeError("time before 2000-01-01");
  if ((to ?? from) > judgedMs + FUTURE_TOLERANCE_MS || from > judgedMs + FUTURE_TOLERANCE_MS) {
    throw new RangeError("time more than a day ahead");
  }
  if (to !== undefined && to < from) throw new RangeError("it ends before it starts");
  const fault = symbolFault(symbol);
  if (fault !== undefined) throw new RangeError(fault);
  return { kind: gap === undefined ? "followed" : "gap", symbol, from, ...(to !== undefined && { to }), why };
}

/** Start of the UTC month that a span is stored under, milliseconds: that of its start. */
export function spanBucket(time: number): number {
  const date = new Date(time);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
}

/** The month before, or after, one that {@linkcode spanBucket} gives. */
export const otherBucket = (bucket: number, by: -1 | 1): number =>
  spanBucket(by < 0 ? bucket - 1 : bucket + 31 * 86_400_000);
