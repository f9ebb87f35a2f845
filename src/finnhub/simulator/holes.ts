import { delay } from "../../async/wait.ts";

import type { Hole } from "../../settings/simulator.ts";

/** Whether the feed is away. @param elapsed since the market's start, milliseconds */
export const isAway = (holes: readonly Hole[], elapsed: number): boolean =>
  holes.some(({ after, length }) => elapsed >= after && elapsed < after + length);

/** Calls `cut` at the beginning of each hole, until the signal is aborted. */
export async function cutHoles(holes: readonly Hole[], cut: () => void, signal: AbortSignal): Promise<void> {
  await Promise.all(holes.map(({ after }) => delay(after, signal).then(cut, () => {})));
}
