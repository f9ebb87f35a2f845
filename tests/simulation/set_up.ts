import { isDrained, nextEpoch } from "../../src/processing/epochs.ts";
import type { HistoryState } from "./state.ts";
import { ProducerProcess, type World } from "./processes.ts";

/** Records the topic's layout as role setup does, before the topic is what it is to be. */
export function setUp({ group: { log }, tables }: World, partitions: number, anew = true): void {
  const ends = anew ? [] : log.partitions.map(({ end }) => end);
  const { epochs } = tables;
  const highest = epochs.at(-1)?.epoch ?? 0;
  const recorded = { epochs, highest, processed: highest > 0 && tables.holds(highest) };
  const epoch = nextEpoch(recorded, { ends, committed: anew ? [] : log.committed }, partitions);
  if (epoch) tables.epochs.push(epoch);
}

/** Longest time that a change of the topic waits for the processors, milliseconds; then it is left for this time. */
const PATIENCE = 60_000;

/**
 * Changes the topic as its owner would: the producer stops, all is read, setup runs with the change, the producer starts. The whole
 * is given up where processors do not get so far.
 */
export async function changeTopic(
  history: HistoryState,
  change: "anew" | "more",
  tell: (what: string) => void,
): Promise<void> {
  const { time, world } = history;
  const { log } = world.group;
  if (history.paused || log.partitions.length >= 6) return;
  history.paused = true;
  tell(`the topic is to be ${change === "anew" ? "made anew" : "given more partitions"}`);
  await history.producer.close();
  const layout = () => ({ ends: log.partitions.map(({ end }) => end), committed: log.committed });
  const late = time.now + PATIENCE;
  while (!(isDrained(layout()) && log.drained) && time.now < late) await time.sleep(100);
  if (time.now < late) {
    const partitions = change === "anew" ? history.chance.whole(1, 4) : log.partitions.length + 1;
    if (change === "anew") {
      setUp(world, partitions);
      log.makeAnew(partitions);
    } else {
      log.addPartitions(partitions);
      setUp(world, partitions, false);
    }
    world.group.rebalance();
    // As setup does: what members hold of the layout before must be gone before anything is sent.
    while (!world.group.settled) await time.sleep(50);
    tell("the topic is changed");
  } else tell("the topic stays as it was");
  history.producer = new ProducerProcess(world);
  history.paused = false;
}
