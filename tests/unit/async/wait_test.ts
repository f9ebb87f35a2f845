import { assert, assertEquals, assertRejects } from "@std/assert";
import { aborted, backoff, delay, firstOf } from "../../../src/async/wait.ts";

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
