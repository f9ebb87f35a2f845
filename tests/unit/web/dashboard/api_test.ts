import { Calendars } from "../../../../src/market/calendar/calendars.ts";
import type { Candle } from "../../../../src/market/reader.ts";
import { barsOf } from "../../../../src/market/bars.ts";
import { LiveWindows } from "../../../../src/web/dashboard/live_windows.ts";
import { assert, assertEquals } from "@std/assert";
import library from "../../../../src/web/pages/dashboard/lightweight-charts/standalone.js" with {
  type: "text",
};
import { LOGO_STYLE } from "../../../../src/web/dashboard.ts";
import { serving } from "./fakes.ts";

Deno.test("dashboard: what is asked of the API is checked, and bounded", async () => {
  await using server = serving();
  const wrong = [
    "candles?interval=5s",
    `candles?symbol=${"A".repeat(65)}&interval=5s`,
    "candles?symbol=A&interval=2s",
    "candles?symbol=A&interval=5s&limit=2001",
    "candles?symbol=A&interval=5s&limit=0",
    "candles?symbol=A&interval=5s&fill=zero",
    "candles?symbol=A&interval=5s&from=-1",
    "candles?symbol=A&interval=5s&from=1e3",
    "candles?symbol=A&interval=5s&to=999999999999999",
    "candles?symbol=A&interval=5s&from=2&to=2",
    "averages?symbol=A&limit=x",
    "gaps?symbol=",
    "gaps?symbol=A&from=2&to=2",
    "gaps?symbol=A&from=x",
    "trades?symbol=A&limit=501",
    "trades?symbol=",
    "stream?symbol=A&interval=",
    "bars?symbol=A&series=tick-6",
    "bars?symbol=A&limit=0",
    "candles?symbol=A&interval=1h&align=day",
    "candles?symbol=A&interval=1h&session=night",
  ];
  for (const path of wrong) {
    const response = await server.app.request(`/api/${path}`);
    assertEquals(response.status, 400, path);
    assert(/ must be /.test((await response.json()).error), path);
  }
  server.reader.asked.splice(0);
  await server.app.request("/api/bars?symbol=A&series=tick-5&from=1000&to=2000&limit=7");
  assertEquals(server.reader.asked, [["bars", "A", barsOf("tick", 5), 1000, 2000, 7]]);
  server.reader.asked.splice(0);
  await server.app.request("/api/candles?symbol=A&interval=5s&from=1000&to=2000&limit=7");
  assertEquals(server.reader.asked, [["candles", "A", "5s", 1000, 2000, 7]]);
  server.reader.away = true;
  const away = await server.app.request("/api/trades?symbol=A");
  assertEquals([away.status, await away.json()], [503, { error: "the store cannot be read now" }]);
});

Deno.test("dashboard: candles by session are made of shorter ones, and each session's tell which they are of", async () => {
  await using server = serving();
  server.reader.stored = [
    { start: Date.parse("2024-03-08T14:25:00Z"), open: 1, high: 2, low: 1, close: 2, volume: 5, trades: 3 },
    { start: Date.parse("2024-03-08T14:30:00Z"), open: 3, high: 4, low: 3, close: 4, volume: 7, trades: 4 },
  ];
  const ask = async (query: string) => {
    const range = `from=${Date.parse("2024-03-08T13:30:00Z")}&to=${Date.parse("2024-03-08T15:30:00Z")}`;
    const response = await server.app.request(`/api/candles?symbol=A&interval=1h&${range}&${query}`);
    const { align, candles } = await response.json();
    return { align, candles: candles.map(({ session, start, trades }: Candle) => [start, trades, session]) };
  };
  assertEquals(await ask("align=session"), {
    align: "session",
    candles: [[Date.parse("2024-03-08T14:00:00Z"), 3, undefined], [
      Date.parse("2024-03-08T14:30:00Z"),
      4,
      undefined,
    ]],
  });
  const { candles } = await ask("align=session&session=each");
  assertEquals(candles.map(([start, , session]: unknown[]) => [start, session]), [
    [Date.parse("2024-03-08T14:00:00Z"), "pre"],
    [Date.parse("2024-03-08T14:30:00Z"), "regular"],
  ]);
  const filled = await server.app.request("/api/candles?symbol=A&interval=1h&align=session&fill=null");
  assertEquals(filled.status, 400);
});

Deno.test("dashboard: the API's description names every path, and each answers", async () => {
  await using server = serving({ search: () => Promise.resolve([]), add: () => {} });
  const { paths } = await (await server.app.request("/api/openapi.json")).json();
  assertEquals(Object.keys(paths).sort(), [
    "/api/averages",
    "/api/bars",
    "/api/candles",
    "/api/gaps",
    "/api/search",
    "/api/stream",
    "/api/symbols",
    "/api/trades",
  ]);
  for (const path of Object.keys(paths)) {
    const response = await server.app.request(`${path}?symbol=A&interval=5s&q=A`);
    assertEquals(response.status, 200, path);
    await response.body?.cancel();
  }
});

Deno.test("dashboard: nothing inline, nobody else's, and all that the page names is served", async () => {
  await using server = serving();
  const page = await (await server.app.request("/")).text();
  assert(!/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/i.test(page));
  for (const [, path] of page.matchAll(/(?:src|href)="([^"#:]+)"/g)) {
    const response = await server.app.request(`/${path}`);
    assertEquals(response.status, 200, path);
    await response.body?.cancel();
  }
  const policy = (await server.app.request("/")).headers.get("content-security-policy")!;
  assert(policy.includes("default-src 'none'") && policy.includes("script-src 'self';"), policy);
  assert(!/unsafe|https?:|\*/.test(policy), policy);
});

Deno.test("dashboard: the one style sheet that the charting library adds is allowed by its hash", async () => {
  const style = /innerText="(a#tv-attr-logo[^"]*)"/.exec(library)![1]!;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style)));
  assertEquals(LOGO_STYLE, `'sha256-${hash.toBase64()}'`);
  assert(library.includes("Licensed under Apache License 2.0"));
});

Deno.test("dashboard: a symbol whose price is 0 has no row, and hurts no other's", async () => {
  await using server = serving();
  server.trade("A", 5, 0);
  server.trade("B", 1e-9);
  let symbols: { symbol: string; price: number; digits: number }[] = [];
  while (symbols.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    ({ symbols } = await (await server.app.request("/api/symbols")).json());
  }
  assertEquals(symbols.map(({ digits, price, symbol }) => [symbol, price, digits]), [["B", 1e-9, 9]]);
});

Deno.test("dashboard: candles say whether the feed brought all of their trades, and gaps are told with their ends", async () => {
  await using server = serving();
  const T = 1_699_999_200_000;
  const candle = (start: number) => ({ start, open: 1, high: 1, low: 1, close: 1, volume: 1, trades: 1 });
  server.reader.stored = [0, 5000, 10_000, 15_000].map((after) => candle(T + after));
  const span = { symbol: "A", why: "" };
  server.reader.spans = [
    { ...span, kind: "followed", from: T + 5000, to: T + 6000 },
    { ...span, kind: "gap", from: T + 12_000, why: "lost" },
    { ...span, kind: "followed", from: T + 13_000, to: T + 13_000 },
  ];
  const query = `symbol=A&from=${T}&to=${T + 20_000}`;
  const { candles } = await (await server.app.request(`/api/candles?interval=5s&${query}`)).json();
  assertEquals(candles.map(({ complete }: { complete?: boolean }) => complete), [
    undefined,
    true,
    false,
    true,
  ]);
  const { gaps } = await (await server.app.request(`/api/gaps?${query}`)).json();
  assertEquals(gaps, [{ from: T + 12_000, to: T + 13_000, why: "lost" }]);
});

Deno.test("dashboard: candles that were fetched stand for those of which nobody has the trades, and say so", async () => {
  await using server = serving();
  const T = 1_699_999_200_000;
  const candle = (start: number) => ({ start, open: 1, high: 1, low: 1, close: 1, volume: 1, trades: 4 });
  server.reader.stored = [candle(T), candle(T + 180_000)];
  server.reader.spans = [
    { kind: "followed", symbol: "A", from: T - 1, to: T + 1000, why: "" },
    {
      kind: "gap",
      symbol: "A",
      from: T + 1000,
      to: T + 70_000,
      why: "lost",
      filledAt: T + 1,
      filledFrom: "candle",
    },
    { kind: "followed", symbol: "A", from: T + 70_000, to: T + 70_000, why: "" },
  ];
  const fetched = { open: 2, high: 3, low: 1, close: 2, volume: 9 };
  server.reader.fetched = [{ start: T, ...fetched }, { start: T + 60_000, ...fetched }];
  const query = `symbol=A&from=${T}&to=${T + 240_000}&interval=1m`;
  const { candles } = await (await server.app.request(`/api/candles?${query}`)).json();
  assertEquals(candles, [
    { start: T, ...fetched, trades: 4, source: "rest", complete: true, final: true },
    { start: T + 60_000, ...fetched, trades: 0, source: "rest", complete: true, final: true },
    { ...candle(T + 180_000), complete: true, final: true },
  ]);
});

Deno.test("dashboard: a candle is final when its end has passed by what is allowed, and a later trade marks it revised", async () => {
  await using server = serving();
  // The clock stands at 1_700_000_000_000.
  const T = 1_699_999_980_000;
  const candle = (start: number) => ({ start, open: 1, high: 1, low: 1, close: 1, volume: 1, trades: 4 });
  server.reader.stored = [candle(T), candle(T + 5000), candle(T + 10_000)];
  const ask = async (more: string) =>
    await (await server.app.request(`/api/candles?symbol=A&from=${T}&to=${T + 15_000}&${more}`)).json();
  const finals = ({ candles }: { candles: { final: boolean }[] }) => candles.map(({ final }) => final);
  assertEquals(finals(await ask("interval=5s")), [true, true, false]);
  assertEquals(finals(await ask("interval=1d")), []);
  for (
    const wrong of [
      "interval=2m",
      "interval=1m&candles=x",
      "interval=1m&session=night",
      "interval=1d&fill=null",
    ]
  ) {
    assertEquals((await server.app.request(`/api/candles?symbol=A&${wrong}`)).status, 400, wrong);
  }
  const windows = new LiveWindows(new Calendars().of("A"), "raw");
  const trade = (time: number) => ({ symbol: "A", time, price: 1, volume: 1, conditions: [] });
  windows.add(trade(T), -Infinity);
  windows.add(trade(T + 14_000), T);
  windows.add(trade(T + 1), T + 14_000);
  assertEquals(windows.candles("5s").map(({ revised }) => revised), [undefined, undefined]);
  windows.add(trade(T + 16_000), T + 14_000);
  windows.add(trade(T + 2), T + 16_000);
  assertEquals(windows.candles("5s").map(({ revised }) => revised), [undefined, undefined, true]);
});
