import { Buffer } from "node:buffer";
import type { OutgoingMessage } from "../../publishing/outgoing_message.ts";

/** Bytes of a batch beside its records, the log's own 12 included: what `max.message.bytes` is compared with. */
export const BATCH_OVERHEAD = 61;
/** Longest forms of a record's distance from its batch's first timestamp and offset. */
const DELTAS = 10 + 5;

/**
 * Bytes that a message takes in a batch at most: key, headers and the lengths of all of them included; at most 15 more than it
 * does take.
 *
 * Source: Kafka's message format, record batch of magic 2.
 */
export function recordSize({ headers = {}, key, value }: OutgoingMessage): number {
  const names = Object.keys(headers);
  let body = 1 + DELTAS + field(key === null ? null : Buffer.byteLength(key)) + field(value?.length ?? null) +
    varint(names.length);
  for (const name of names) {
    body += field(Buffer.byteLength(name)) + field(Buffer.byteLength(headers[name]!));
  }
  return varint(body) + body;
}

/** Bytes of a field and its length; null is the length -1. */
const field = (length: number | null): number => length === null ? 1 : varint(length) + length;

/** Bytes of a length as a variable-length integer in zig-zag form. */
function varint(length: number): number {
  let bytes = 1;
  for (let left = length * 2; left >= 128; left /= 128) bytes++;
  return bytes;
}
