import { assert, assertEquals } from "@std/assert";
import type { SymbolMatch } from "../../../../src/finnhub/symbols.ts";
import type { SymbolDesk } from "../../../../src/web/dashboard/symbol_desk.ts";
import { serving } from "./fakes.ts";

const match = (symbol: string): SymbolMatch => ({
  symbol,
  displaySymbol: symbol,
  description: `${symbol} Inc`,
  type: "Common Stock",
});

/** A desk that knows every symbol with the query in front, 30 of them, and takes two. */
class FakeDesk implements SymbolDesk {
  readonly added: string[] = [];
  readonly signals: AbortSignal[] = [];
  waits: Promise<void> = Promise.resolve();
  fails: string | undefined;

  async search(query: string, signal: AbortSignal): Promise<SymbolMatch[]> {
    this.signals.push(signal);
    await this.waits;
    if (this.fails !== undefined) throw new Error(this.fails);
    return Array.from({ length: 30 }, (_, i) => match(`${query}${i}`));
  }

  add(symbol: string): void {
    if (this.added.length === 2) throw new RangeError("at most 2 symbols can be followed");
    this.added.push(symbol);
  }
}

const JSON_TYPE = { "content-type": "application/json" };
const post = (body: string, headers: Record<string, string> = JSON_TYPE) => ({
  method: "POST",
  body,
  headers,
});

Deno.test("dashboard: symbols are found, at most 20 of them, and added", async () => {
  const desk = new FakeDesk();
  await using server = serving(desk);
  assertEquals((await (await server.app.request("/api/symbols")).json()).canAdd, true);
  const found = await (await server.app.request("/api/search?q=%20A%20")).json();
  assertEquals(found.matches.length, 20);
  assertEquals(found.matches[0], { symbol: "A0", description: "A0 Inc", type: "Common Stock" });
  const added = await server.app.request("/api/symbols", post('{"symbol":"BINANCE:BTCUSDT"}'));
  assertEquals([added.status, await added.json()], [201, { symbol: "BINANCE:BTCUSDT" }]);
  await server.app.request("/api/symbols", post('{"symbol":"IC MARKETS:1"}'));
  const full = await server.app.request("/api/symbols", post('{"symbol":"C"}'));
  assertEquals([full.status, await full.json()], [409, { error: "at most 2 symbols can be followed" }]);
  assertEquals(desk.added, ["BINANCE:BTCUSDT", "IC MARKETS:1"]);
});

Deno.test("dashboard: what is no symbol, too large, or from another site adds nothing", async () => {
  const desk = new FakeDesk();
  await using server = serving(desk);
  const status = async (body: string, headers?: Record<string, string>) =>
    (await server.app.request("/api/symbols", post(body, headers))).status;
  for (const symbol of ["", " ", "A\u202eB", "A\u0000", "A\n", "A".repeat(65), 7, null]) {
    assertEquals(await status(JSON.stringify({ symbol })), 400, String(symbol));
  }
  for (const body of ["", "null", "[]", "{", `{"symbol":"A","more":"${"x".repeat(2000)}"}`]) {
    assertEquals(await status(body), 400, body);
  }
  assertEquals(await status('{"symbol":"A"}', { "content-type": "text/plain" }), 415);
  assertEquals(await status('{"symbol":"A"}', { ...JSON_TYPE, "sec-fetch-site": "cross-site" }), 403);
  assertEquals(await status('{"symbol":"A"}', { ...JSON_TYPE, "sec-fetch-site": "same-site" }), 403);
  assertEquals(desk.added, []);
  assertEquals(await status('{"symbol":"A"}', { ...JSON_TYPE, "sec-fetch-site": "same-origin" }), 201);
});

Deno.test("dashboard: a search says why it failed, is bounded, and ends with the server", async () => {
  const desk = new FakeDesk();
  await using server = serving(desk);
  for (const q of ["", "%20", "a".repeat(65)]) {
    assertEquals((await server.app.request(`/api/search?q=${q}`)).status, 400);
  }
  desk.fails = "Finnhub answers 429; too many look-ups, try again in a minute";
  const failed = await server.app.request("/api/search?q=a");
  assertEquals([failed.status, await failed.json()], [502, { error: desk.fails }]);
  desk.fails = undefined;
  const open = Promise.withResolvers<void>();
  desk.waits = open.promise;
  const searches = Array.from({ length: 5 }, () => server.app.request("/api/search?q=a"));
  assertEquals((await searches[4]!).status, 429);
  server.stop.abort();
  assert(desk.signals.at(-1)!.aborted);
  open.resolve();
  await Promise.all(searches);
});

Deno.test("dashboard: without a desk nothing can be found or added, and the page knows", async () => {
  await using server = serving();
  assertEquals((await (await server.app.request("/api/symbols")).json()).canAdd, false);
  for (
    const answer of [server.app.request("/api/search?q=a"), server.app.request("/api/symbols", post("{}"))]
  ) {
    assertEquals((await answer).status, 404);
  }
});
