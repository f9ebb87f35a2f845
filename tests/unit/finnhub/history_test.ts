import { assert, assertEquals, assertRejects } from "@std/assert";
import { FeedHistory, HistoryError, NotInPlan } from "../../../src/finnhub/history.ts";
import { createLogger } from "../../../src/telemetry/log.ts";
import { FINNHUB_ACCESS } from "../../finnhub_access.ts";

const NOW = Date.UTC(2026, 0, 31, 20);
const TOKEN = "tok-e-n";

/** A history whose server answers in turn with these; it notes what was asked and how long was waited. */
function history(...answers: (Response | Error)[]) {
  const asked: Request[] = [];
  const waits: number[] = [];
  const lines: string[] = [];
  const made = new FeedHistory({
    ...FINNHUB_ACCESS,
    restUrl: new URL("https://finnhub.test/api/v1/"),
    token: TOKEN,
    fetch: (input, init) => {
      asked.push(new Request(input, init));
      const answer = answers.shift()!;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    log: createLogger({ level: "debug", format: "text", write: (line) => lines.push(line), now: () => 0 }),
    random: () => 0.5,
    now: () => NOW,
    wait: (ms) => (waits.push(ms), Promise.resolve()),
  });
  const ticks = () => made.ticks("AAPL", "2026-01-31", 0, new AbortController().signal);
  return { made, ticks, asked, waits, lines };
}

const PAGE = {
  s: "AAPL",
  skip: 0,
  count: 2,
  total: 5,
  t: [NOW - 2, NOW - 1],
  p: [1.5, 2],
  v: [3, 0],
  c: [["1", "12"], null],
};

Deno.test("ticks are asked for by day and page, with the token in a header alone", async () => {
  const { asked, ticks } = history(Response.json(PAGE));
  const { malformed, next, trades } = await ticks();
  assertEquals(trades, [
    { symbol: "AAPL", price: 1.5, volume: 3, time: NOW - 2, conditions: ["1", "12"] },
    { symbol: "AAPL", price: 2, volume: 0, time: NOW - 1, conditions: [] },
  ]);
  assertEquals([malformed, next], [0, 2]);
  const url = new URL(asked[0]!.url);
  assertEquals(url.pathname, "/api/v1/stock/tick");
  assertEquals(Object.fromEntries(url.searchParams), {
    symbol: "AAPL",
    date: "2026-01-31",
    limit: "25000",
    skip: "0",
    format: "json",
  });
  assertEquals(asked[0]!.headers.get("x-finnhub-token"), TOKEN);
});

Deno.test("the last page has none behind it, and so has a day without trades", async () => {
  assertEquals((await history(Response.json({ ...PAGE, total: 2 })).ticks()).next, undefined);
  assertEquals(await history(Response.json({ s: "AAPL", total: 0 })).ticks(), {
    trades: [],
    malformed: 0,
    next: undefined,
  });
});

Deno.test("entries that are no trades are left out and counted", async () => {
  const page = { total: 4, t: [NOW, "x", NOW, 0], p: [-1, 2, 2, 2], v: [1, 1, 1, 1] };
  const { malformed, trades } = await history(Response.json(page)).ticks();
  assertEquals([malformed, trades.length], [3, 1]);
});

Deno.test("after 429 it waits as long as the answer says, in seconds or as a date, and else longer each time", async () => {
  const limit = (after?: string) =>
    new Response("", { status: 429, headers: after ? { "retry-after": after } : {} });
  const { lines, ticks, waits } = history(
    limit("7"),
    limit(new Date(NOW + 30_000).toUTCString()),
    limit(),
    new Error(`no route for ${TOKEN}`),
    Response.json(PAGE),
  );
  assertEquals((await ticks()).trades.length, 2);
  assertEquals(waits.slice(0, 2), [7000, 30_000]);
  assert(waits[2]! > 0 && waits[3]! > waits[2]!, String(waits));
  assert(lines[0]!.includes("the plan's limit of requests is reached"));
  assert(!lines.join().includes(TOKEN), "the token was logged");
});

Deno.test("what does not pass by waiting says what helps", async () => {
  const says = async (type: typeof HistoryError, text: string, ...answers: (Response | Error)[]) => {
    const { ticks, waits } = history(...answers);
    await assertRejects(ticks, type, text);
    return waits.length;
  };
  const status = (code: number, after = "") =>
    new Response("", { status: code, headers: after === "" ? {} : { "retry-after": after } });
  assertEquals(await says(NotInPlan, "the plan of this token does not have", status(403)), 0);
  assertEquals(await says(HistoryError, "check FINNHUB_API_TOKEN", status(401)), 0);
  assertEquals(await says(HistoryError, "check FINNHUB_REST_URL", status(404)), 0);
  assertEquals(await says(HistoryError, "try again later", status(429, "86400")), 0);
  assertEquals(
    await says(HistoryError, "try again later", ...Array.from({ length: 6 }, () => status(503))),
    5,
  );
  for (
    const text of ["<html>", "[]", '{"t":[1],"p":[1]}', '{"t":[1],"p":[],"v":[1]}', '{"t":1,"p":1,"v":1}']
  ) {
    assertEquals(await says(HistoryError, "not one of trades or candles", new Response(text)), 0, text);
  }
});

Deno.test("candles of a minute are asked for by what the symbol is, a week at a time, and bad ones are left out", async () => {
  const start = Date.UTC(2026, 0, 1);
  const second = start / 1000;
  const page = {
    s: "ok",
    t: [second, second + 60, second + 120, "x"],
    o: [1, 2, 2, 1],
    h: [2, 3, 1, 1],
    l: [1, 1, 1, 1],
    c: [2, 2, 2, 1],
    v: [5, 0, 1, 1],
  };
  const { asked, made } = history(Response.json(page), Response.json({ s: "no_data" }));
  const signal = new AbortController().signal;
  const candles = await made.candles("BINANCE:BTCUSDT", start, start + 8 * 86_400_000, signal);
  assertEquals(candles, [
    { start, open: 1, high: 2, low: 1, close: 2, volume: 5 },
    { start: start + 60_000, open: 2, high: 3, low: 1, close: 2, volume: 0 },
  ]);
  const urls = asked.map(({ url }) => new URL(url));
  assertEquals(urls.map(({ pathname }) => pathname), ["/api/v1/crypto/candle", "/api/v1/crypto/candle"]);
  assertEquals(
    urls.map(({ searchParams }) => Number(searchParams.get("to")) - Number(searchParams.get("from"))),
    [
      604_799,
      86_399,
    ],
  );
  for (const [symbol, kind] of [["AAPL", "stock"], ["OANDA:EUR_USD", "forex"]] as const) {
    const other = history(Response.json({ s: "no_data" }));
    assertEquals(await other.made.candles(symbol, start, start + 60_000, signal), []);
    assertEquals(new URL(other.asked[0]!.url).pathname, `/api/v1/${kind}/candle`);
  }
  await assertRejects(
    () => history(Response.json({ t: [1], o: [] })).made.candles("AAPL", start, start + 60_000, signal),
    HistoryError,
  );
});
