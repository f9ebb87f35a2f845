import type { SourceEpoch } from "../market/position.ts";

/** What is seen of a topic's layout. */
export interface TopicLayout {
  /** First offset after the last message, by partition; empty while the topic does not exist. */
  ends: readonly number[];
  /** First offset that the processors' group has not committed, by partition; -1 where it never did. */
  committed: readonly number[];
  /** The topic's id, which tells it from another topic of the same name; absent where the brokers have no ids. */
  topicId?: string;
}

/** What is recorded of a topic. */
export interface RecordedEpochs {
  /** Its own, earliest first. */
  epochs: readonly SourceEpoch[];
  /** The highest of any topic of the keyspace, in whose windows all of them meet; 0 for none. */
  highest: number;
  /** Of which topic of the name the last epoch is; absent while that is not known. */
  topicId?: string;
  /** Whether windows have positions of its last epoch. */
  processed: boolean;
}

/** Whether every message is processed and committed. */
export const isDrained = ({ committed, ends }: TopicLayout): boolean =>
  ends.every((end, partition) => end === 0 || (committed[partition] ?? -1) >= end);

/**
 * The epoch to record before offsets are compared again; undefined while the recorded one still holds. It is above every
 * earlier one of the keyspace: windows are shared by all topics that were ever read into it. It is raised when the topic is
 * another one than before, of the same name or not, and when it has more partitions.
 *
 * @param partitions partitions that the topic has, or will have once it is made.
 */
export function nextEpoch(
  recorded: RecordedEpochs,
  layout: TopicLayout,
  partitions: number,
): SourceEpoch | undefined {
  const current = recorded.epochs.at(-1);
  const epoch = recorded.highest + 1;
  const { committed, ends } = layout;
  if (current === undefined || madeAnew(recorded, current, layout)) {
    return { epoch, starts: new Array(partitions).fill(0) };
  }
  if (recorded.highest > current.epoch) {
    // Another topic was read since. What is left of this one comes after all of that.
    const starts = ends.map((end, partition) => {
      const next = committed[partition] ?? -1;
      if (next >= 0) return next;
      return recorded.processed && partition < current.starts.length ? end : 0;
    });
    return { epoch, starts };
  }
  if (ends.length === current.starts.length) return undefined;
  // Old partitions go over at their end, which `setup` has seen to be drained; new ones are new from their start.
  const starts = ends.map((end, partition) => partition < current.starts.length ? end : 0);
  return { epoch, starts };
}

function madeAnew(
  { processed, topicId }: RecordedEpochs,
  { starts }: SourceEpoch,
  { committed, ends, topicId: found }: TopicLayout,
): boolean {
  if (ends.length === 0 || ends.length < starts.length) return true;
  if (topicId !== undefined && found !== undefined) return topicId !== found;
  // Kafka forgets with a topic what groups have committed of it.
  if (processed && committed.every((offset) => offset < 0)) return true;
  return ends.some((end, partition) => end < Math.max(starts[partition] ?? 0, committed[partition] ?? -1));
}
