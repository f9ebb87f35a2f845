import { assert, assertEquals, assertRejects } from "@std/assert";
import { aborted, backoff, delay } from "../../src/wait.ts";

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
