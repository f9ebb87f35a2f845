import { type FeedSpan, isSpanText, parseSpan } from "../market/following/span.ts";
import { type AvroMessage, type AvroTrade, decodeMessage, MessageError } from "../market/message.ts";
import { judgedAt, sentAt } from "../market/message_time.ts";
import type { Position } from "../market/position.ts";
import { conditionCodes, tradeFault } from "../market/trade.ts";
import type { DeadLetter, Decoder, LogMessage, SpanRow } from "./ports.ts";

/** Reads plain Avro, and nothing else. */
export const plainDecoder: Decoder = {
  decode: ({ schema, value }) => decodeMessage(value, schema),
  stalled: false,
};

/**
 * Reads a message.
 *
 * @throws {MessageError} for what is none; a promise of it may reject with it
 */
export function readMessage(decoder: Decoder, message: LogMessage): AvroMessage | Promise<AvroMessage> {
  if (message.unreadable !== undefined) throw new MessageError(message.unreadable.error);
  return decoder.decode(message);
}

/** A trade whose condition codes are within their bounds, whoever wrote it. */
export interface DecodedTrade extends AvroTrade {
  c: string[] | null;
}

/** A message of which at least one trade is good. */
export interface DecodedMessage {
  position: Position;
  /** When the producer sent it, milliseconds; undefined where that is not known. */
  sent: number | undefined;
  /** Every trade, the bad ones too, so that an index keeps its meaning. */
  trades: readonly DecodedTrade[];
  /** Indexes to pass over. */
  bad: ReadonlySet<number>;
}

export interface Decoded {
  messages: DecodedMessage[];
  /** What is told of feeds. */
  spans: SpanRow[];
  letters: DeadLetter[];
  good: number;
  bad: number;
  /** Condition codes of good trades that are not kept. */
  droppedCodes: number;
  bytes: number;
}

/** Decodes and checks messages of one partition; what cannot be used comes back as dead letters. */
export async function decodeAll(
  partition: number,
  messages: readonly LogMessage[],
  position: (offset: number) => Position,
  decoder: Decoder,
): Promise<Decoded> {
  const result: Decoded = {
    messages: [],
    spans: [],
    letters: [],
    good: 0,
    bad: 0,
    droppedCodes: 0,
    bytes: 0,
  };
  for (const message of messages) {
    result.bytes += message.value?.length ?? 0;
    let trades: AvroTrade[];
    try {
      const read = readMessage(decoder, message);
      // Hardly ever a promise: a turn of the event loop for each message would be most of the work.
      const decoded = read instanceof Promise ? await read : read;
      trades = decoded.data;
      const span = trades.length === 0 ? spanOf(decoded, judgedAt(message.timestamp)) : undefined;
      if (span !== undefined) {
        result.spans.push({ span, partition, position: position(message.offset) });
        continue;
      }
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      result.letters.push({ partition, message, error: error.message });
      continue;
    }
    const { bad, fault } = badTrades(trades, judgedAt(message.timestamp));
    result.good += trades.length - bad.size;
    result.bad += bad.size;
    if (fault !== undefined) {
      const whole = bad.size === trades.length;
      result.letters.push({ partition, message, error: fault, ...(whole ? {} : { badTrades: [...bad] }) });
      if (whole) continue;
    }
    result.droppedCodes += boundCodes(trades, bad);
    result.messages.push({
      position: position(message.offset),
      sent: sentAt(message.timestamp),
      trades: trades as DecodedTrade[],
      bad,
    });
  }
  return result;
}

/**
 * What a message tells of a feed; undefined for one of trades.
 *
 * @param judgedMs when it was sent
 * @throws {MessageError} for what is told in another form than ours
 */
function spanOf({ data, type }: AvroMessage, judgedMs: number): FeedSpan | undefined {
  if (data.length > 0 || !isSpanText(type)) return undefined;
  try {
    return parseSpan(type, judgedMs);
  } catch (error) {
    throw new MessageError(`not a word on the feed: ${(error as Error).message}`);
  }
}

/** Keeps of each good trade what are condition codes; returns how many entries are not kept. */
function boundCodes(trades: readonly AvroTrade[], bad: ReadonlySet<number>): number {
  let all = 0;
  for (let i = 0; i < trades.length; i++) {
    const trade = trades[i]!;
    if (trade.c === null || trade.c.length === 0 || bad.has(i)) continue;
    const { codes, dropped } = conditionCodes(trade.c);
    trade.c = codes as string[];
    all += dropped;
  }
  return all;
}

const NONE: ReadonlySet<number> = new Set();

function badTrades(
  trades: readonly AvroTrade[],
  judgedMs: number,
): { bad: ReadonlySet<number>; fault?: string } {
  let bad: Set<number> | undefined;
  let first: string | undefined;
  for (let i = 0; i < trades.length; i++) {
    const { p, s, t, v } = trades[i]!;
    const fault = tradeFault(s, p, v, t, judgedMs);
    if (fault === undefined) continue;
    (bad ??= new Set()).add(i);
    first ??= fault;
  }
  return first === undefined ? { bad: NONE } : { bad: bad!, fault: first };
}
