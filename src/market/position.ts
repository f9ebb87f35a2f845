/**
 * Where a message stands among all messages that ever came for its symbol: first by epoch, then by offset, as one
 * number that can be compared. An epoch is a life of the topic's layout: it is raised when the topic was made anew or its
 * partitions were changed, because offsets before and after are then not comparable.
 */
export type Position = number;

const OFFSETS_PER_EPOCH = 2 ** 42;

/** Highest epoch: positions doubled still fit a double's 53 bits. */
export const MAX_EPOCH = 1023;

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

/**
 * Timestamp of a write that makes a window complete up to `position`. The database keeps the write with the highest
 * one, so an owner that was left behind overwrites nothing newer. Odd numbers are for repairs from raw trades.
 */
export const writeTimestamp = (position: Position): number => 2 * position;

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
