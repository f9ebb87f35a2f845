import { assertEquals, assertRejects } from "@std/assert";
import { retrying } from "../../../src/batch/retrying.ts";
import { createLogger } from "../../../src/telemetry/log.ts";

const FOREVER = new AbortController().signal;

/** Requests on a store that tests take away, each of which takes as long as `clock` says. */
function setUp(signal = FOREVER) {
  const clock = { now: 0, step: 0 };
  const said: string[] = [];
  const log = createLogger({
    level: "info",
    format: "json",
    write: (line) => said.push(JSON.parse(line).message),
    now: () => 0,
  });
  const transient = (error: unknown) => error === "away";
  const retry = retrying({ log, now: () => clock.now, random: () => 0, text: String, transient }, signal);
  let tries = 0;
  const failing = (times: number, error: unknown) => () => {
    clock.now += clock.step;
    return ++tries > times ? Promise.resolve(tries) : Promise.reject(error);
  };
  return { clock, failing, retry, said, tries: () => tries };
}

Deno.test("retrying() runs a request again while that may help, and says it once", async () => {
  const { failing, retry, said } = setUp();
  // Each is tried twice: the first try of all is before the second of any.
  const several = [1, 2, 3].map(() => retry(failing(3, "away")));
  assertEquals(await Promise.all(several), [4, 5, 6]);
  assertEquals(said, ["the store did not answer, trying again", "the store answers again"]);
});

Deno.test("retrying() does not run again what is refused, and ends with the signal", async () => {
  const refused = setUp();
  await assertRejects(() => refused.retry(refused.failing(1, new Error("refused"))), Error, "refused");
  assertEquals(refused.tries(), 1);
  const stop = new AbortController();
  const { failing, retry } = setUp(stop.signal);
  const waiting = retry(failing(9, "away"));
  stop.abort(new Error("stopped"));
  await assertRejects(() => waiting, Error, "stopped");
});

Deno.test("retrying() fails as the request did after five minutes, and says now and then that it waits", async () => {
  const { clock, failing, retry, said, tries } = setUp();
  clock.step = 120_000;
  const error = await retry(failing(9, "away")).catch((error) => error);
  assertEquals([error, tries()], ["away", 3]);
  assertEquals(said.length, 2);
});
