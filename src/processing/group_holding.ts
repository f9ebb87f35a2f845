import { delay } from "../async/wait.ts";

/** What the members of a group have of a topic. */
export interface GroupHolding {
  members: number;
  /** Partitions that some member has. */
  partitions: ReadonlySet<number>;
  /** Whether the group is rebalancing. */
  moving: boolean;
}

/** Between two looks at a group, milliseconds. */
const LOOK_EVERY_MS = 500;

/**
 * Waits until a group's members have every partition of a topic, or there are none. Members that still have an earlier layout would
 * count offsets by its epoch.
 *
 * @param ms longest time, milliseconds
 * @returns whether they have
 */
export async function untilHeld(
  look: () => Promise<GroupHolding>,
  partitions: number,
  ms: number,
  signal: AbortSignal,
): Promise<boolean> {
  for (const until = performance.now() + ms; performance.now() < until;) {
    const holding = await look();
    if (holding.members === 0) return true;
    if (!holding.moving && holding.partitions.size >= partitions) return true;
    await delay(LOOK_EVERY_MS, signal);
  }
  return false;
}
