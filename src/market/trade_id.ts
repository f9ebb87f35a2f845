import { epochOf, offsetOf, type Position } from "./position.ts";

/** 32-bit FNV-1a of a text's UTF-16 units. Source: Fowler, Noll, Vo; draft-eastlake-fnv. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

/** Most trades of one message that an id can tell apart. */
export const MAX_TRADES_PER_MESSAGE = 65_536;

/**
 * Identifies a trade by where it stands in the stream, so that writing it again writes the same row. A UUID of
 * version 8 (RFC 9562): topic hash (32 bits), partition (16), epoch (12), offset (46), index in the message (16).
 * Ids of one partition order like the stream.
 */
export function tradeId(topicHash: number, partition: number, position: Position, index: number): Uint8Array {
  const epoch = epochOf(position);
  const offset = offsetOf(position);
  const high = Math.floor(offset / 2 ** 32);
  const id = new Uint8Array(16);
  id[0] = topicHash >>> 24;
  id[1] = topicHash >>> 16;
  id[2] = topicHash >>> 8;
  id[3] = topicHash;
  id[4] = partition >>> 8;
  id[5] = partition;
  id[6] = 0x80 | (epoch >>> 8);
  id[7] = epoch;
  id[8] = 0x80 | (high >>> 8 & 0x3f);
  id[9] = high;
  id[10] = offset >>> 24;
  id[11] = offset >>> 16;
  id[12] = offset >>> 8;
  id[13] = offset;
  id[14] = index >>> 8;
  id[15] = index;
  return id;
}
