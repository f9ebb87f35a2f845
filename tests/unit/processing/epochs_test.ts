import { assertEquals } from "@std/assert";
import type { SourceEpoch } from "../../../src/market/position.ts";
import { isDrained, nextEpoch, type RecordedEpochs } from "../../../src/processing/epochs.ts";

const recorded = (epochs: SourceEpoch[], more: Partial<RecordedEpochs> = {}): RecordedEpochs => ({
  epochs,
  highest: epochs.at(-1)?.epoch ?? 0,
  processed: epochs.length > 0,
  ...more,
});
const FIRST = [{ epoch: 1, starts: [0, 0] }];

Deno.test("nextEpoch() begins with the first, for a topic that is not there yet or already is", () => {
  assertEquals(nextEpoch(recorded([]), { ends: [], committed: [] }, 2), { epoch: 1, starts: [0, 0] });
  assertEquals(nextEpoch(recorded([]), { ends: [5, 0], committed: [-1, -1] }, 2), {
    epoch: 1,
    starts: [0, 0],
  });
});

Deno.test("nextEpoch() leaves a layout alone that has not changed", () => {
  assertEquals(nextEpoch(recorded(FIRST), { ends: [9, 3], committed: [9, 1] }, 2), undefined);
  const same = { ends: [9, 3], committed: [9, 1], topicId: "a" };
  assertEquals(nextEpoch(recorded(FIRST, { topicId: "a" }), same, 2), undefined);
  assertEquals(nextEpoch(recorded(FIRST), same, 2), undefined, "an id that is not known yet changes nothing");
});

Deno.test("nextEpoch() raises where the topic is gone, or ends before what was read of it", () => {
  const third = [{ epoch: 3, starts: [0, 0] }];
  const raised = { epoch: 4, starts: [0, 0] };
  assertEquals(nextEpoch(recorded(third), { ends: [], committed: [] }, 2), raised);
  assertEquals(nextEpoch(recorded(third), { ends: [1, 9], committed: [7, 9] }, 2), raised);
  const later = [{ epoch: 3, starts: [5, 0] }];
  assertEquals(nextEpoch(recorded(later), { ends: [1, 9], committed: [-1, -1] }, 2), raised);
});

Deno.test("nextEpoch() begins above every epoch of the keyspace for a topic of another name", () => {
  const next = nextEpoch(recorded([], { highest: 7 }), { ends: [3, 3], committed: [-1, -1] }, 2);
  assertEquals(next, { epoch: 8, starts: [0, 0] });
});

Deno.test("nextEpoch() lets what is left of a topic come after all that was read of another since", () => {
  const back = (committed: number[], processed: boolean) =>
    nextEpoch(recorded(FIRST, { highest: 2, processed }), { ends: [9, 4], committed }, 2);
  assertEquals(back([7, 4], true), { epoch: 3, starts: [7, 4] });
  assertEquals(back([7, -1], false), { epoch: 3, starts: [7, 0] });
  assertEquals(back([-1, -1], false), { epoch: 3, starts: [0, 0] });
});

Deno.test("nextEpoch() tells a topic that was made again by its id, whatever its offsets say", () => {
  const was = recorded(FIRST, { topicId: "a" });
  for (const committed of [[-1, -1], [9, 3], [2, 2]]) {
    const again = nextEpoch(was, { ends: [20, 20], committed, topicId: "b" }, 2);
    assertEquals(again, { epoch: 2, starts: [0, 0] });
  }
  // A group that has committed nothing, such as one of another name, makes no other topic of it.
  assertEquals(nextEpoch(was, { ends: [20, 20], committed: [-1, -1], topicId: "a" }, 2), undefined);
});

Deno.test("nextEpoch() takes a topic without an id for another one when offsets are gone that windows hold", () => {
  const gone = { ends: [20, 20], committed: [-1, -1] };
  assertEquals(nextEpoch(recorded(FIRST), gone, 2), { epoch: 2, starts: [0, 0] });
  assertEquals(nextEpoch(recorded(FIRST, { processed: false }), gone, 2), undefined, "nothing was read yet");
  assertEquals(nextEpoch(recorded(FIRST), { ...gone, committed: [-1, 3] }, 2), undefined);
});

Deno.test("nextEpoch() moves old partitions over at their end when there are more partitions", () => {
  const next = nextEpoch(recorded(FIRST), { ends: [9, 4, 2], committed: [9, 4, -1] }, 3);
  assertEquals(next, { epoch: 2, starts: [9, 4, 0] });
  const back = nextEpoch(recorded(FIRST, { highest: 5 }), { ends: [9, 4, 2], committed: [9, 4, -1] }, 3);
  assertEquals(back, { epoch: 6, starts: [9, 4, 0] });
});

Deno.test("isDrained() is true when all that was sent is committed", () => {
  assertEquals(isDrained({ ends: [3, 0], committed: [3, -1] }), true);
  assertEquals(isDrained({ ends: [3, 1], committed: [3, -1] }), false);
  assertEquals(isDrained({ ends: [3], committed: [2] }), false);
});
