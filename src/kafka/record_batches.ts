import { Buffer } from "node:buffer";
import type { KafkaMessage } from "kafkajs";
import Decoder from "kafkajs/src/protocol/decoder.js";
import MessageSetDecoder from "kafkajs/src/protocol/messageSet/decoder.js";
import RecordBatchDecoder from "kafkajs/src/protocol/recordBatch/v0/decoder.js";
import { CODECS, decompress } from "./codecs.ts";

/** Why a message cannot be read at all, and what is known of it. */
export interface Unreadable {
  error: string;
  headers: Record<string, string>;
}

/** A message as kafkajs has it. `value` of what is unreadable are the bytes as the broker keeps them. */
export type FetchedMessage = KafkaMessage & {
  isControlRecord?: boolean;
  unreadable?: Unreadable;
  /** Stands for offsets that hold no message. */
  nothing?: true;
};

/** What the batches of one answer may still take in memory. */
export interface Budget {
  bytes: number;
  messages: number;
}

/** Of all batches of one answer; the first one is read whatever it takes. */
export const answerBudget = (): Budget => ({ bytes: 2 * MAX_BATCH_BYTES, messages: MAX_BATCH_MESSAGES });

/**
 * What may come out of one batch. Producers fill batches up to 1 MiB before they compress them; some go by what is left after
 * it, and trades shrink to a tenth.
 */
const MAX_BATCH_BYTES = 16_777_216;
/** An uncompressed batch of 1 MiB cannot hold more: the smallest message takes seven bytes. */
const MAX_BATCH_MESSAGES = 150_000;

/** Offset and length, before every entry of a log. */
const ENTRY_BYTES = 12;
/** All before the first record. Source: Kafka documentation, "Record Batch". */
const HEADER_BYTES = 61;
const AT = {
  length: 8,
  magic: 16,
  attributes: 21,
  lastDelta: 23,
  maxTimestamp: 35,
  producerId: 43,
  count: 57,
};
const CODEC_MASK = 0x07;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/**
 * Reads the batches that an answer to a fetch has of one partition. What cannot be read, or holds more than it may, comes as
 * one message that says so. What has no message (a transaction's marker, messages that compaction took) comes as a message
 * that stands for nothing: kafkajs passes over control records without a word, and nobody learns that they are behind us.
 *
 * @param records may end within a batch; brokers cut by bytes
 */
export async function readBatches(records: Buffer, budget: Budget): Promise<FetchedMessage[]> {
  const messages: FetchedMessage[] = [];
  for (let at = 0; records.length - at >= ENTRY_BYTES;) {
    const size = ENTRY_BYTES + records.readInt32BE(at + AT.length);
    if (size <= AT.magic || records.length - at < size) break;
    // The rest comes again.
    if (messages.length > 0 && (budget.bytes <= 0 || budget.messages <= 0)) break;
    const entry = records.subarray(at, at += size);
    const magic = entry.readInt8(AT.magic);
    const found = await (magic < 2 ? readMessageSet(entry, budget) : readBatch(entry, magic, budget));
    for (const message of found) messages.push(message);
    budget.messages -= found.length;
  }
  return messages;
}

async function readBatch(batch: Buffer, magic: number, budget: Budget): Promise<FetchedMessage[]> {
  if (batch.length < HEADER_BYTES) {
    const why = unreadable(batch, "-1", { error: "a batch shorter than its own header", headers: {} });
    return [{ ...nothingUpTo(Number(batch.readBigInt64BE(0))), ...why } as unknown as FetchedMessage];
  }
  const attributes = batch.readInt16BE(AT.attributes);
  const count = batch.readInt32BE(AT.count);
  const base = Number(batch.readBigInt64BE(0));
  const last = base + batch.readInt32BE(AT.lastDelta);
  const codec = attributes & CODEC_MASK;
  try {
    if (magic !== 2) throw new RangeError(`format ${magic} is not known`);
    if (count > MAX_BATCH_MESSAGES) throw new RangeError(`more than ${MAX_BATCH_MESSAGES} messages`);
    const plain = codec === 0 ? batch : decompressed(batch, codec, budget);
    const { records } = await RecordBatchDecoder(new Decoder(plain)) as { records: FetchedMessage[] };
    const end = records.at(-1);
    if (end === undefined || Number(end.offset) < last) records.push(nothingUpTo(last));
    if (attributes & CONTROL) {
      for (const record of records) Object.assign(record, { isControlRecord: false, nothing: true });
    }
    return records;
  } catch (cause) {
    if (attributes & CONTROL) return [nothingUpTo(last)];
    const known = CODECS[codec] ?? String(codec);
    const error = `a batch of ${count} messages that cannot be read (${known}): ${(cause as Error).message}`;
    const headers = {
      "batch-first-offset": String(base),
      "batch-last-offset": String(last),
      "batch-messages": String(count),
      "batch-codec": known,
    };
    const context = {
      producerId: String(batch.readBigInt64BE(AT.producerId)),
      inTransaction: (attributes & TRANSACTIONAL) !== 0,
    };
    const timestamp = String(batch.readBigInt64BE(AT.maxTimestamp));
    return [
      {
        ...nothingUpTo(last),
        ...unreadable(batch, timestamp, { error, headers }),
        batchContext: context,
      } as unknown as FetchedMessage,
    ];
  }
}

/** The same batch as if it had never been compressed. */
function decompressed(batch: Buffer, codec: number, budget: Budget): Buffer {
  const records = decompress(codec, batch.subarray(HEADER_BYTES), MAX_BATCH_BYTES);
  budget.bytes -= records.length;
  const plain = Buffer.concat([batch.subarray(0, HEADER_BYTES), records]);
  plain.writeInt32BE(plain.length - ENTRY_BYTES, AT.length);
  plain.writeInt16BE(plain.readInt16BE(AT.attributes) & ~CODEC_MASK, AT.attributes);
  return plain;
}

/** An entry of the formats before Kafka 0.11: a message, or several that are compressed into one. */
async function readMessageSet(entry: Buffer, budget: Budget): Promise<FetchedMessage[]> {
  try {
    budget.bytes -= entry.length;
    return await MessageSetDecoder(new Decoder(entry), entry.length) as FetchedMessage[];
  } catch (cause) {
    const offset = Number(entry.readBigInt64BE(0));
    const error = `a message of a format before Kafka 0.11 that cannot be read: ${(cause as Error).message}`;
    const why = unreadable(entry, "-1", { error, headers: {} });
    return [{ ...nothingUpTo(offset), ...why } as unknown as FetchedMessage];
  }
}

const unreadable = (bytes: Buffer, timestamp: string, why: Unreadable) => ({
  value: bytes,
  timestamp,
  nothing: undefined,
  unreadable: why,
});

const nothingUpTo = (offset: number): FetchedMessage => ({
  offset: String(offset),
  timestamp: "-1",
  attributes: 0,
  key: null,
  value: null,
  headers: {},
  isControlRecord: false,
  nothing: true,
  batchContext: { producerId: "-1", inTransaction: false },
} as unknown as FetchedMessage);
