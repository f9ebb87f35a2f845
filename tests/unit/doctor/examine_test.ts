import { assert, assertEquals, assertRejects } from "@std/assert";
import { examine, findingLines } from "../../../src/doctor/examine.ts";
import { type Check, clockFinding, type Finding } from "../../../src/doctor/finding.ts";
import { feedCheck, type FeedCheckOptions } from "../../../src/finnhub/check.ts";
import { FINNHUB_ACCESS } from "../../finnhub_access.ts";

const text = (error: unknown) => (error as Error).message;
const FINE: Finding = { subject: "a", state: "ok", says: "fine" };

Deno.test("a check that fails is a finding with its remedy, and stops no other", async () => {
  const checks: Check[] = [
    { name: "broken", remedy: "mend it", run: () => Promise.reject(new Error("no")) },
    { name: "a", remedy: "", run: () => Promise.resolve([FINE]) },
  ];
  const told: Finding[] = [];
  const all = await examine(
    checks,
    text,
    { found: (finding) => told.push(finding) },
    new AbortController().signal,
  );
  assertEquals(all, [{ subject: "broken", state: "failed", says: "no", remedy: "mend it" }, FINE]);
  assertEquals(told, all);
});

Deno.test("a stop ends the examination although a check does not", async () => {
  const stop = new AbortController();
  const stuck: Check = { name: "stuck", remedy: "", run: () => Promise.withResolvers<Finding[]>().promise };
  const examining = examine([stuck], text, { found: () => {} }, stop.signal);
  stop.abort(new Error("stopped"));
  await assertRejects(() => examining, Error, "stopped");
});

Deno.test("findings are shown with what to do, and nothing that a terminal obeys", () => {
  assertEquals(findingLines(FINE), ["ok   a                      fine"]);
  const [first, second] = findingLines({ subject: "b", state: "failed", says: "x\x1b[2J\ny", remedy: "do" });
  assertEquals(first, "FAIL b                      x [2J y");
  assertEquals(second!.trim(), "do");
});

Deno.test("clocks may be two seconds apart", () => {
  assertEquals(clockFinding(1999, "feed").state, "ok");
  const ahead = clockFinding(2500, "feed");
  assertEquals([ahead.state, ahead.says], ["warning", "our clock is 2.5 s ahead of it"]);
  assertEquals(clockFinding(-3000, "feed").says, "our clock is 3.0 s behind it");
});

function feed(options: Partial<FeedCheckOptions> & { status?: number; date?: string; symbols?: string[] }) {
  const { date = new Date(1_000_000).toUTCString(), status = 200 } = options;
  return feedCheck({
    ...FINNHUB_ACCESS,
    wsUrl: new URL("ws://feed.test"),
    symbols: ["X:AAPL"],
    connect: false,
    fetch: () =>
      Promise.resolve(Response.json({ result: [{ symbol: "X:AAPL" }] }, { status, headers: { date } })),
    random: () => 0,
    now: () => 1_000_500,
    ...options,
  });
}

Deno.test("the feed's check: token, symbol, clock, and the websocket only when asked", async () => {
  const { signal } = new AbortController();
  const states = async (check: Check) =>
    (await check.run(signal)).map(({ state, subject }) => `${subject}: ${state}`);
  assertEquals(await states(feed({})), [
    "feed search: ok",
    "feed symbol: ok",
    "clock, feed: ok",
    "feed websocket: skipped",
  ]);
  assertEquals(await states(feed({ token: "" })), ["feed: failed"]);
  const wrong = await states(feed({ symbols: ["NONE"], date: new Date(900_000).toUTCString() }));
  assertEquals(wrong.slice(1, 3), ["feed symbol: warning", "clock, feed: warning"]);
  const refused = await assertRejects(() => feed({ status: 401 }).run(signal), Error);
  assert(refused.message.includes("check FINNHUB_API_TOKEN"));
});

Deno.test("whoever waits for a check is told for which", async () => {
  const waited = Promise.withResolvers<string>();
  const slow: Check = { name: "slow", remedy: "", run: async () => (await waited.promise, [FINE]) };
  const audience = { found: () => {}, waiting: waited.resolve };
  assertEquals(await examine([slow], text, audience, new AbortController().signal), [FINE]);
  assertEquals(await waited.promise, "slow");
});
