import { assertEquals } from "@std/assert";
import { type GroupHolding, untilHeld } from "../../../src/processing/group_holding.ts";

const NEVER = new AbortController().signal;
const holding = (members: number, partitions: number[], moving = false): GroupHolding => ({
  members,
  partitions: new Set(partitions),
  moving,
});

Deno.test("the wait ends when the members own all new partitions and the group is stable", async () => {
  const looks = [holding(2, [0]), holding(2, [0, 1], true), holding(2, [0, 1])];
  let looked = 0;
  assertEquals(await untilHeld(() => Promise.resolve(looks[looked++]!), 2, 10_000, NEVER), true);
  assertEquals(looked, 3);
});

Deno.test("a group without members is not waited for, and one that does not notice is given up after a while", async () => {
  assertEquals(await untilHeld(() => Promise.resolve(holding(0, [])), 2, 10_000, NEVER), true);
  assertEquals(await untilHeld(() => Promise.resolve(holding(1, [0])), 2, 100, NEVER), false);
});
