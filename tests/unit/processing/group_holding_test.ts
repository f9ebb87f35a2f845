import { assertEquals } from "@std/assert";
import { type GroupHolding, untilHeld } from "../../../src/processing/group_holding.ts";

const NEVER = new AbortController().signal;
const holding = (members: number, partitions: number[], moving = false): GroupHolding => ({
  members,
  partitions: new Set(partitions),
  moving,
});

Deno.test("new partitions are waited for until members have them all, and are not giving them out any more", async () => {
  const looks = [holding(2, [0]), holding(2, [0, 1], true), holding(2, [0, 1])];
  let looked = 0;
  assertEquals(await untilHeld(() => Promise.resolve(looks[looked++]!), 2, 10_000, NEVER), true);
  assertEquals(looked, 3);
});

Deno.test("nobody is waited for where there are no members, and members that do not notice have their time", async () => {
  assertEquals(await untilHeld(() => Promise.resolve(holding(0, [])), 2, 10_000, NEVER), true);
  assertEquals(await untilHeld(() => Promise.resolve(holding(1, [0])), 2, 100, NEVER), false);
});
