import { Buffer } from "node:buffer";
import avro from "avsc";
import schema from "../../schemas/trades.avsc" with { type: "text" };
import { assertWellFormed } from "./message_guard.ts";
import type { Trade } from "./trade.ts";
import { MAX_TRADES_PER_MESSAGE } from "./trade_id.ts";

/** A trade as the Avro schema names its fields. */
export interface AvroTrade {
  c: (string | null)[] | null;
  p: number;
  s: string;
  t: number;
  v: number;
}

export interface AvroMessage {
  data: AvroTrade[];
  type: string;
}

/** Bytes that are not a message; nothing of it can be used. */
export class MessageError extends Error {
  override name = "MessageError";
}

/** Largest message that is read, in bytes: Kafka's own default limit. */
export const MAX_MESSAGE_BYTES = 1_048_576;

const type = avro.Type.forSchema(JSON.parse(schema)) as {
  toBuffer(m: AvroMessage): Buffer;
  fromBuffer(b: Buffer): unknown;
};

/** Encodes trades of one symbol as one message. */
export function encodeMessage(trades: readonly Trade[]): Buffer {
  const data = trades.map(({ conditions, price, symbol, time, volume }) => ({
    c: conditions.length === 0 ? null : [...conditions],
    p: price,
    s: symbol,
    t: time,
    v: volume,
  }));
  return type.toBuffer({ data, type: "trade" });
}

/**
 * Decodes one message.
 *
 * @throws {MessageError} for bytes of another form, before anything that they claim to hold is allocated.
 */
export function decodeMessage(value: Uint8Array | null): AvroMessage {
  if (value === null || value.length === 0) throw new MessageError("empty value");
  if (value.length > MAX_MESSAGE_BYTES) throw new MessageError(`larger than ${MAX_MESSAGE_BYTES} bytes`);
  try {
    assertWellFormed(value, MAX_TRADES_PER_MESSAGE);
    return type.fromBuffer(Buffer.from(value.buffer, value.byteOffset, value.length)) as AvroMessage;
  } catch (error) {
    throw new MessageError(`not a trades message: ${(error as Error).message}`);
  }
}
