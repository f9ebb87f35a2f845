/**
 * Where a message stands among all messages that ever came for its symbol: first by epoch, then by offset, as one
 * number that can be compared. An epoch is a life of the topic's layout: it is raised when the topic was made anew or its
 * partitions were changed, because offsets before and after are then not comparable.
 */
export type Position = number;

const OFFSETS_PER_EPOCH = 2 ** 42;

/** Highest epoch: positions fit a double's 53 bits, and a thousand times as much the 63 bits of a write timestamp. */
export const MAX_EPOCH = 1023;

/** Of the trades that came by no log, such as an imported file's: before every epoch of a log. */
export const IMPORT_EPOCH = 0;

/** Before every message. */
export const NO_POSITION: Position = -1;

/** @throws {RangeError} for an epoch above {@linkcode MAX_EPOCH} or an offset of 2^42 and more. */
export function positionOf(epoch: number, offset: number): Position {
  if (!(epoch >= 0 && epoch <= MAX_EPOCH)) {
    throw new RangeError(`epoch ${epoch} is not from 0 to ${MAX_EPOCH}`);
  }
  if (!(offset >= 0 && offset < OFFSETS_PER_EPOCH)) {
    throw new RangeError(`offset ${offset} is not from 0 to 2^42`);
  }
  return epoch * OFFSETS_PER_EPOCH + offset;
}

export const epochOf = (position: Position): number => Math.floor(position / OFFSETS_PER_EPOCH);
export const offsetOf = (position: Position): number => position % OFFSETS_PER_EPOCH;

/** Write timestamps of one position: the stream's own, and as many repairs of it as are left. */
const WRITES_PER_POSITION = 1024;

/**
 * Timestamp of a write that makes a window complete up to `position`. The database keeps the write with the highest
 * one, so an owner that was left behind overwrites nothing newer. The numbers up to the next position's are for repairs from
 * raw trades. Exact although it may need more than 53 bits: a position shifted by ten.
 */
export const writeTimestamp = (position: Position): number => WRITES_PER_POSITION * position;

/** Where a repaired row stands. */
export interface RepairPlace {
  timestamp: bigint;
  complete: Position;
}

/**
 * Where to write a row that was made again from raw trades up to `complete`, so that it wins over the row that is there and
 * loses to any that the stream writes later; undefined when all repairs of a position are used up.
 *
 * A window that only imported trades fell into has no position in a log. Its writes stand for the time at which they were
 * made: so each wins over the one before, and all come before every epoch of a log (until the year 2112).
 *
 * @param written timestamp of the row that is there
 */
export function repairPlace(
  complete: Position,
  written: bigint | undefined,
  nowMs: number,
): RepairPlace | undefined {
  const after = written === undefined ? 0n : written + 1n;
  const larger = (a: bigint, b: bigint) => a > b ? a : b;
  if (epochOf(complete) === IMPORT_EPOCH) {
    const timestamp = larger(after, BigInt(Math.floor(nowMs)) * 1000n);
    const position = Number(timestamp / BigInt(WRITES_PER_POSITION));
    return epochOf(position) === IMPORT_EPOCH ? { timestamp, complete: position } : undefined;
  }
  const own = BigInt(complete) * BigInt(WRITES_PER_POSITION);
  const timestamp = larger(after, own + 1n);
  return timestamp < own + BigInt(WRITES_PER_POSITION) ? { timestamp, complete } : undefined;
}

/** One life of a topic's layout. */
export interface SourceEpoch {
  epoch: number;
  /** First offset of each partition that belongs to this epoch. */
  starts: readonly number[];
}

/**
 * Position of a message of `partition`: its epoch is the latest one that starts at or before its offset.
 *
 * @throws {RangeError} when no epoch covers the partition.
 */
export function sourcePosition(epochs: readonly SourceEpoch[], partition: number, offset: number): Position {
  for (let i = epochs.length - 1; i >= 0; i--) {
    const start = epochs[i]!.starts[partition];
    if (start !== undefined && start <= offset) return positionOf(epochs[i]!.epoch, offset);
  }
  throw new RangeError(`no epoch covers partition ${partition}, offset ${offset}`);
}
