import { epochOf, IMPORT_EPOCH, offsetOf, type Position, positionOf } from "./position.ts";
import type { Trade } from "./trade.ts";

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

/** What an id tells of where its trade came from. */
export interface TradeOrigin {
  /** Partition of the log; -1 for an imported trade. */
  partition: number;
  /** Position of its message; for an imported trade before all messages of every log. */
  position: Position;
  /** Its place in the message; for an imported trade, its place among those of its symbol and millisecond. */
  index: number;
}

/** Reads an id that {@linkcode tradeId} or {@linkcode importedTradeId} made. */
export function tradeOrigin(id: Uint8Array): TradeOrigin {
  const [b4, b5, b6, b7] = [id[4]!, id[5]!, id[6]!, id[7]!];
  const epoch = (b6 & 0x0f) * 256 + b7;
  if (epoch === IMPORT_EPOCH) return { partition: -1, position: 0, index: b4 * 256 + b5 };
  const low = id[10]! * 2 ** 24 + id[11]! * 2 ** 16 + id[12]! * 256 + id[13]!;
  const offset = ((id[8]! & 0x3f) * 256 + id[9]!) * 2 ** 32 + low;
  return {
    partition: b4 * 256 + b5,
    position: positionOf(epoch, offset),
    index: id[14]! * 256 + id[15]!,
  };
}

/**
 * Identifies a trade that came by no log by what it is: version 8 UUID of no topic, its place among the trades of its symbol
 * and millisecond (16 bits), epoch 0, and a hash of all that is known of it (62 bits). Importing a file again, under
 * another name or beside one that overlaps it by whole milliseconds, writes the same rows; ids of one millisecond order like
 * the file.
 *
 * @param place 0 for the first trade of the symbol in that millisecond
 */
export function importedTradeId(trade: Trade, place: number): Uint8Array {
  const seed = fnv1a(
    trade.conditions.length === 0 ? trade.symbol : JSON.stringify([trade.symbol, trade.conditions]),
  );
  const high = contentHash(seed, trade);
  const low = contentHash(high, trade);
  const id = new Uint8Array(16);
  const view = new DataView(id.buffer);
  view.setUint16(4, place);
  view.setUint16(6, 0x8000);
  view.setUint32(8, high);
  view.setUint32(12, low);
  id[8] = 0x80 | (id[8]! & 0x3f);
  return id;
}

/**
 * Identifies the corrected form of a trade, as if it were imported: by the id of the row that it corrects and all that is known of it.
 * Its place is the last one of its millisecond.
 */
export function correctedTradeId(of: Uint8Array, trade: Trade): Uint8Array {
  const symbol = `${trade.symbol} ${[...of].join(" ")}`;
  return importedTradeId({ ...trade, symbol }, MAX_TRADES_PER_MESSAGE - 1);
}

const numbers = new Float64Array(3);
const numberBytes = new Uint8Array(numbers.buffer);

/** 32-bit FNV-1a of a trade's numbers, from another hash on. */
function contentHash(seed: number, { price, time, volume }: Trade): number {
  numbers[0] = time;
  numbers[1] = price;
  numbers[2] = volume;
  let hash = seed;
  for (let i = 0; i < numberBytes.length; i++) hash = Math.imul(hash ^ numberBytes[i]!, 0x01000193);
  return hash >>> 0;
}
