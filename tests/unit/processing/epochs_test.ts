import { assertEquals } from "@std/assert";
import { isDrained, nextEpoch } from "../../../src/processing/epochs.ts";

Deno.test("nextEpoch() begins with the first, for a topic that is not there yet or already is", () => {
  assertEquals(nextEpoch([], { ends: [], committed: [] }, 2), { epoch: 1, starts: [0, 0] });
  assertEquals(nextEpoch([], { ends: [5, 0], committed: [-1, -1] }, 2), { epoch: 1, starts: [0, 0] });
});

Deno.test("nextEpoch() leaves a layout alone that has not changed", () => {
  assertEquals(nextEpoch([{ epoch: 1, starts: [0, 0] }], { ends: [9, 3], committed: [9, 1] }, 2), undefined);
});

Deno.test("nextEpoch() raises where the topic is gone, or ends before what was read of it", () => {
  const recorded = [{ epoch: 3, starts: [0, 0] }];
  const raised = { epoch: 4, starts: [0, 0] };
  assertEquals(nextEpoch(recorded, { ends: [], committed: [] }, 2), raised);
  assertEquals(nextEpoch(recorded, { ends: [1, 9], committed: [7, 9] }, 2), raised);
  assertEquals(nextEpoch([{ epoch: 3, starts: [5, 0] }], { ends: [1, 9], committed: [-1, -1] }, 2), raised);
});

Deno.test("nextEpoch() moves old partitions over at their end when there are more partitions", () => {
  const next = nextEpoch([{ epoch: 1, starts: [0, 0] }], { ends: [9, 4, 2], committed: [9, 4, -1] }, 3);
  assertEquals(next, { epoch: 2, starts: [9, 4, 0] });
});

Deno.test("isDrained() is true when all that was sent is committed", () => {
  assertEquals(isDrained({ ends: [3, 0], committed: [3, -1] }), true);
  assertEquals(isDrained({ ends: [3, 1], committed: [3, -1] }), false);
  assertEquals(isDrained({ ends: [3], committed: [2] }), false);
});
