import { Buffer } from "node:buffer";
import avro from "avsc";
import schema from "../../schemas/trades.avsc" with { type: "text" };
import { assertWellFormed } from "./message_guard.ts";
import type { Trade } from "./trade.ts";
import { MAX_TRADES_PER_MESSAGE } from "./trade_id.ts";
import { wideType } from "./avro/wide_long.ts";
import { frame } from "./wire_format.ts";
import { schemaId, WriterSchemas } from "./avro/writer_schemas.ts";

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

const SCHEMA = JSON.parse(schema);

/** What {@linkcode encodeMessage} writes by, as it is registered. */
export const SCHEMA_TEXT = JSON.stringify(SCHEMA);

/** Header of a message that names the schema that it was written with. */
export const SCHEMA_HEADER = "avro-schema";

/** Value of that header for what {@linkcode encodeMessage} writes. */
export const SCHEMA_ID = schemaId(SCHEMA);

/** Schemas of other versions that ours can read; a version that changes `trades.avsc` adds the one before. */
const EARLIER: readonly unknown[] = [];

const type = avro.Type.forSchema(SCHEMA) as {
  toBuffer(m: AvroMessage): Buffer;
  fromBuffer(b: Buffer): unknown;
};

/** For messages with a time beyond 2^53: their other trades are good. */
const wideReader = wideType(SCHEMA) as Pick<typeof type, "fromBuffer">;

/** Encodes trades of one symbol as one message; what is told without trades says so by its type. */
export const encodeMessage = (trades: readonly Trade[], says = "trade"): Buffer =>
  type.toBuffer(messageOf(trades, says));

/** Makes a function that encodes likewise, in Confluent's wire format. */
export function framedEncoder(id: number): typeof encodeMessage {
  const prefix = Buffer.from(frame(id));
  // A record is encoded as its fields are, one after the other: no second copy of the message for five bytes.
  const framed = avro.Type.forSchema(
    {
      type: "record",
      name: "framed",
      fields: [
        { name: "prefix", type: { type: "fixed", name: "prefix", size: prefix.length } },
        { name: "message", type },
      ],
    } as never,
  );
  return (trades, says = "trade") => framed.toBuffer({ prefix, message: messageOf(trades, says) });
}

function messageOf(trades: readonly Trade[], type: string): AvroMessage {
  const data = trades.map(({ conditions, price, symbol, time, volume }) => ({
    c: conditions.length === 0 ? null : [...conditions],
    p: price,
    s: symbol,
    t: time,
    v: volume,
  }));
  return { data, type };
}

/** Reads what other versions have written. */
export const otherVersions = (schemas: readonly unknown[] = EARLIER): WriterSchemas =>
  new WriterSchemas(SCHEMA, schemas);

const OTHERS = otherVersions();

/**
 * Decodes one message.
 *
 * @param writer names the schema that it was written with; ours when absent
 * @param others reads what was written with other schemas
 * @throws {MessageError} for bytes of another form, before anything that they claim to hold is allocated.
 */
export function decodeMessage(
  value: Uint8Array | null,
  writer: string = SCHEMA_ID,
  others: WriterSchemas = OTHERS,
): AvroMessage {
  if (value === null || value.length === 0) throw new MessageError("empty value");
  if (value.length > MAX_MESSAGE_BYTES) throw new MessageError(`larger than ${MAX_MESSAGE_BYTES} bytes`);
  try {
    if (writer !== SCHEMA_ID) return bounded(others.read(writer, value) as AvroMessage);
    const wide = assertWellFormed(value, MAX_TRADES_PER_MESSAGE);
    return (wide ? wideReader : type).fromBuffer(
      Buffer.from(value.buffer, value.byteOffset, value.length),
    ) as AvroMessage;
  } catch (error) {
    throw new MessageError(`not a trades message: ${(error as Error).message}`);
  }
}

function bounded(message: AvroMessage): AvroMessage {
  if (message.data.length > MAX_TRADES_PER_MESSAGE) {
    throw new RangeError(`more than ${MAX_TRADES_PER_MESSAGE} trades`);
  }
  return message;
}
