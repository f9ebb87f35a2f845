import { assertEquals, assertRejects } from "@std/assert";
import { askCoordinator } from "../../../../src/kafka/topics/coordinator.ts";

const never = new AbortController().signal;
const answered = (code: number) => Object.assign(new Error(`code ${code}`), { code });

Deno.test("a coordinator on the move is asked again, any other error is thrown at once", async () => {
  const errors = [16, 15, 14].map(answered);
  const ask = () => {
    const error = errors.pop();
    return error ? Promise.reject(error) : Promise.resolve("offsets");
  };
  assertEquals(await askCoordinator(ask, never, 0), "offsets");
  let asked = 0;
  const refuse = () => (asked++, Promise.reject(answered(30)));
  await assertRejects(() => askCoordinator(refuse, never, 0), Error, "code 30");
  assertEquals(asked, 1);
});

Deno.test("a coordinator that stays on the move is given up, and a signal ends the wait", async () => {
  let asked = 0;
  const moves = () => (asked++, Promise.reject(answered(16)));
  await assertRejects(() => askCoordinator(moves, never, 0), Error, "code 16");
  assertEquals(asked, 120);
  const stop = new AbortController();
  const waiting = askCoordinator(moves, stop.signal, 60_000);
  stop.abort(new Error("stopped"));
  await assertRejects(() => waiting, Error, "stopped");
});
