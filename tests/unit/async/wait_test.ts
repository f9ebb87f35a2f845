import { assert, assertEquals, assertRejects } from "@std/assert";
import { aborted, after, backoff, delay, every, firstOf, inTime } from "../../../src/async/wait.ts";
import { FakeTime } from "../finnhub/fake_time.ts";

Deno.test("delay() rejects with the signal's reason, at once when it is already aborted", async () => {
  const controller = new AbortController();
  const waiting = delay(60_000, controller.signal);
  controller.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
  await assertRejects(() => delay(60_000, controller.signal), Error, "enough");
  await aborted(controller.signal);
});

Deno.test("backoff() grows up to its cap, with jitter between half and all of the bound", () => {
  for (let attempt = 0; attempt < 100; attempt++) {
    const bound = Math.min(15_000, 200 * 2 ** attempt);
    assertEquals(backoff(attempt, { random: () => 0 }), bound / 2);
    const most = backoff(attempt, { random: () => 0.999 });
    assert(most > bound * 0.9 && most < bound);
  }
});

Deno.test("firstOf() is aborted with the first of its sources, and lets go of them", () => {
  const [a, b] = [new AbortController(), new AbortController()];
  {
    using either = firstOf(a.signal, b.signal);
    b.abort(new Error("b"));
    a.abort(new Error("a"));
    assertEquals((either.signal.reason as Error).message, "b");
  }
  assert(firstOf(a.signal).signal.aborted);
  const c = new AbortController();
  const released = firstOf(c.signal);
  released[Symbol.dispose]();
  c.abort();
  assert(!released.signal.aborted);
});

Deno.test("waits of more than 24.8 days last as long as they should, although timers fire at once beyond 2^31-1 ms", async () => {
  using time = new FakeTime(2 ** 31 - 1);
  const month = 30 * 86_400_000;
  const seen: string[] = [];
  const never = new AbortController().signal;
  after(month, () => seen.push("after"));
  const stop = every(month, () => seen.push("every"));
  delay(month, never).then(() => seen.push("delay"));
  inTime(month, never, (signal) => aborted(signal)).then(() => seen.push("inTime"));
  const cancel = after(Infinity, () => seen.push("never"));
  await time.advance(month - 1);
  assertEquals(seen, []);
  await time.advance(1);
  assertEquals(seen.toSorted(), ["after", "delay", "every", "inTime"]);
  await time.advance(2 * month);
  assertEquals(seen.filter((name) => name === "every").length, 3);
  stop();
  cancel();
  assertEquals(time.pending, 0);
});

Deno.test("a long wait ends at once when it is cancelled, whichever part of it runs", async () => {
  using time = new FakeTime(2 ** 31 - 1);
  const stop = new AbortController();
  const waiting = delay(90 * 86_400_000, stop.signal);
  await time.advance(60 * 86_400_000);
  stop.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
  assertEquals(time.pending, 0);
});
