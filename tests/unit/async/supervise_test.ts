import { assertEquals, assertRejects } from "@std/assert";
import { EndedEarly, supervise } from "../../../src/async/supervise.ts";
import { aborted } from "../../../src/async/wait.ts";

Deno.test("supervise() runs all parts until the stop", async () => {
  const stop = new AbortController();
  const ended: string[] = [];
  const part = (name: string) => async (signal: AbortSignal) => {
    await aborted(signal);
    ended.push(name);
  };
  const running = supervise({ a: part("a"), b: part("b") }, stop.signal);
  stop.abort();
  await running;
  assertEquals(ended, ["a", "b"]);
});

Deno.test("a part that ends or fails before the stop ends the others, and is named with its reason", async () => {
  const never = new AbortController().signal;
  let stopped = 0;
  const other = async (signal: AbortSignal) => {
    await aborted(signal);
    stopped++;
  };
  const failing = () => Promise.reject(new RangeError("cannot encode"));
  const error = await assertRejects(
    () => supervise({ other, sending: failing }, never),
    EndedEarly,
    "sending ended",
  );
  assertEquals((error.cause as Error).message, "cannot encode");
  await assertRejects(
    () => supervise({ other, feed: () => Promise.resolve() }, never),
    EndedEarly,
    "feed ended",
  );
  assertEquals(stopped, 2);
});

Deno.test("an error because of the stop is ignored, and another one while stopping is not", async () => {
  const stop = new AbortController();
  const waiting = (signal: AbortSignal) => aborted(signal).then(() => signal.throwIfAborted());
  const running = supervise({ waiting }, stop.signal);
  stop.abort(new Error("stopped"));
  await running;
  const flush = async (signal: AbortSignal) => {
    await aborted(signal);
    throw new RangeError("not flushed");
  };
  await assertRejects(() => supervise({ flush }, AbortSignal.abort()), RangeError, "not flushed");
});
