import { assert, assertEquals } from "@std/assert";
import type { StreamEvents } from "../../../../src/web/dashboard/wire.ts";
import { serving } from "./fakes.ts";

type Tick = StreamEvents["tick"];

/** Reads events one after another, at the test's pace. */
function client(response: Response) {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  const event = async (): Promise<[string, string]> => {
    for (;;) {
      const end = waiting.indexOf("\n\n");
      if (end >= 0) {
        const match = /event: (\w+)\ndata: (.*)/.exec(waiting.slice(0, end));
        waiting = waiting.slice(end + 2);
        if (match) return [match[1]!, match[2]!];
        continue;
      }
      const { done, value } = await reader.read();
      if (done) return ["end", ""];
      waiting += value;
    }
  };
  return {
    event,
    async tick(): Promise<Tick> {
      for (;;) {
        const [name, data] = await event();
        if (name === "tick") return JSON.parse(data);
        assert(name !== "end");
      }
    },
    leave: () => reader.cancel(),
  };
}

const watching = async (server: ReturnType<typeof serving>, symbol = "A") =>
  client(await server.app.request(`/api/stream?symbol=${symbol}&interval=5s`));

Deno.test("dashboard: a page gets its symbol's trades and every row that changed, once", async () => {
  await using server = serving();
  const page = await watching(server);
  await page.event();
  server.trade("A", 1, 2);
  server.trade("B", 3);
  let rows: string[] = [];
  let prices: number[] = [];
  while (prices.length < 2) {
    const { chosen, watch } = await page.tick();
    rows = rows.concat(watch.map(({ symbol }) => symbol));
    prices = prices.concat(chosen?.trades.map(({ price }) => price) ?? []);
  }
  assertEquals([[...new Set(rows)].sort(), prices], [["A", "B"], [1, 2]]);
  server.trade("A", 4);
  let next = await page.tick();
  while (next.chosen!.trades.length === 0) next = await page.tick();
  assertEquals(next.chosen!.trades.map(({ price }) => price), [4]);
  assertEquals(next.chosen!.candles[0]!.trades, 3);
  await page.leave();
});

Deno.test("dashboard: a page that does not read is told what it missed, and costs no memory", async () => {
  await using server = serving();
  const slow = await watching(server);
  await slow.event();
  for (let i = 0; i < 50; i++) server.trade("A", ...Array.from({ length: 100 }, (_, j) => i + j));
  await new Promise((resolve) => setTimeout(resolve, 250));
  let got = 0;
  let missed = 0;
  while (got + missed < 5000) {
    const { chosen } = await slow.tick();
    got += chosen?.trades.length ?? 0;
    missed += chosen?.missed ?? 0;
  }
  assertEquals(got + missed, 5000);
  assert(got <= 180, `${got} of 5000 trades`);
  await slow.leave();
});

Deno.test("dashboard: at most 25 updates a second while few look, and ten else, however fast the market is", async () => {
  for (const { most, pages } of [{ pages: 16, most: 25 }, { pages: 17, most: 10 }]) {
    await using server = serving();
    const all = await Promise.all(Array.from({ length: pages }, () => watching(server)));
    const first = all[0]!;
    // Where all are there, the pace is theirs.
    await first.tick();
    const market = setInterval(() => server.trade("A", Math.random()), 1);
    await first.tick();
    const start = performance.now();
    for (let i = 0; i < 20; i++) await first.tick();
    const ms = performance.now() - start;
    clearInterval(market);
    // The one before may have been read late, and timers may be a millisecond early.
    assert(ms > 19 * (1000 / most - 2), `twenty updates in ${ms} ms for ${pages} pages`);
    for (const page of all) await page.leave();
  }
});

Deno.test("dashboard: the streams end when the server stops, and none begins after", async () => {
  await using server = serving();
  const page = await watching(server);
  server.stop.abort();
  while ((await page.event())[0] !== "end");
  assertEquals((await server.app.request("/api/stream?symbol=A&interval=5s")).status, 503);
});

Deno.test("dashboard: HEAD requests for the stream take no seat, and get its headers", async () => {
  await using server = serving();
  for (let i = 0; i < 1000; i++) {
    const response = await server.app.request("/api/stream?symbol=A&interval=5s", { method: "HEAD" });
    assertEquals(response.status, 200);
  }
  assert(/^finnhub_pipe_dashboard_pages 0$/m.test(await (await server.app.request("/metrics")).text()));
});
