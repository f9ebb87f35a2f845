import type { SourceEpoch } from "../market/position.ts";

/** What `setup` sees of a topic's layout. */
export interface TopicLayout {
  /** First offset after the last message, by partition; empty while the topic does not exist. */
  ends: readonly number[];
  /** First offset that the processors' group has not committed, by partition; -1 where it never did. */
  committed: readonly number[];
}

/** Whether every message is processed and committed. */
export const isDrained = ({ committed, ends }: TopicLayout): boolean =>
  ends.every((end, partition) => end === 0 || (committed[partition] ?? -1) >= end);

/**
 * The epoch to record before offsets are compared again; undefined while the recorded one still holds. It is raised when the
 * topic is made anew (it is missing, or ends before what was already read of it) and when it has more partitions.
 *
 * @param partitions partitions that the topic has, or will have once it is made.
 */
export function nextEpoch(
  recorded: readonly SourceEpoch[],
  layout: TopicLayout,
  partitions: number,
): SourceEpoch | undefined {
  const current = recorded.at(-1);
  const epoch = (current?.epoch ?? 0) + 1;
  const { committed, ends } = layout;
  const madeAnew = ends.length === 0 || ends.length < (current?.starts.length ?? 0) ||
    ends.some((end, partition) =>
      end < Math.max(current?.starts[partition] ?? 0, committed[partition] ?? -1)
    );
  if (current === undefined || madeAnew) return { epoch, starts: new Array(partitions).fill(0) };
  if (ends.length === current.starts.length) return undefined;
  // Old partitions go over at their end, which `setup` has seen to be drained; new ones are new from their start.
  const starts = ends.map((end, partition) => partition < current.starts.length ? end : 0);
  return { epoch, starts };
}
