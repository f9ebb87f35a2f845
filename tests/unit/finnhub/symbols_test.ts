import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  searchSymbols,
  SymbolSearchError,
  type SymbolSearchOptions,
  validateSymbols,
} from "../../../src/finnhub/symbols.ts";
import { search } from "../../../src/finnhub/simulator.ts";
import { table } from "../../../src/roles/tickers.ts";

const TOKEN = "secret-token";

function options(answer: (url: URL, headers: Headers) => Response | Promise<Response>): SymbolSearchOptions {
  return {
    restUrl: new URL("https://example.test/api/v1/"),
    token: TOKEN,
    fetch: (input, init) => Promise.resolve(answer(new URL(String(input)), new Headers(init?.headers))),
    wait: () => Promise.resolve(),
    random: () => 0,
    signal: new AbortController().signal,
  };
}

const found = (...symbols: string[]) =>
  Response.json({
    count: symbols.length,
    result: symbols.map((symbol) => ({ symbol, description: "D", type: "T" })),
  });

Deno.test("searchSymbols() asks with the token in a header and never in the address", async () => {
  const matches = await searchSymbols(
    "a b&c",
    options((url, headers) => {
      assertEquals(url.href, "https://example.test/api/v1/search?q=a+b%26c");
      assertEquals(headers.get("X-Finnhub-Token"), TOKEN);
      return found("AAPL");
    }),
  );
  assertEquals(matches, [{ symbol: "AAPL", displaySymbol: "", description: "D", type: "T" }]);
});

Deno.test("searchSymbols() waits and tries again when there were too many look-ups, a few times", async () => {
  let asked = 0;
  const busy = (times: number) =>
    options(() => ++asked <= times ? new Response("", { status: 429 }) : found("A"));
  assertEquals((await searchSymbols("A", busy(3))).length, 1);
  asked = 0;
  await assertRejects(() => searchSymbols("A", busy(99)), SymbolSearchError, "try again in a minute");
  assertEquals(asked, 4);
});

Deno.test("searchSymbols() says what to check when there is no usable answer, without the token", async () => {
  const cases: [answer: () => Response | Promise<Response>, message: string][] = [
    [() => new Response("", { status: 401 }), "check FINNHUB_API_TOKEN"],
    [() => new Response("", { status: 502 }), "check FINNHUB_REST_URL"],
    [() => Promise.reject(new Error("refused")), "check FINNHUB_REST_URL"],
    [() => new Response("<html>"), "not a list of symbols"],
    [() => Response.json(null), "not a list of symbols"],
    [() => Response.json({ result: 5 }), "not a list of symbols"],
    [() => new Response("x".repeat(2_000_000)), "not a list of symbols"],
  ];
  for (const [answer, message] of cases) {
    const error = await assertRejects(() => searchSymbols("A", options(answer)), SymbolSearchError, message);
    assert(!error.message.includes(TOKEN));
  }
});

Deno.test("validateSymbols() wants the exact name, and looks behind a colon too", async () => {
  const asked: string[] = [];
  const result = await validateSymbols({
    ...options((url) => {
      asked.push(url.searchParams.get("q")!);
      return asked.at(-1) === "BTCUSDT" ? found("BINANCE:BTCUSDT") : found("AAPL", "AAPL.MX");
    }),
    symbols: ["AAPL", "BINANCE:BTCUSDT", "aapl"],
  });
  assertEquals(result, { known: ["AAPL", "BINANCE:BTCUSDT"], unknown: ["aapl"] });
  assertEquals(asked, ["AAPL", "BINANCE:BTCUSDT", "BTCUSDT", "aapl"]);
});

Deno.test("table() aligns its columns", () => {
  const match = { symbol: "AAPL", displaySymbol: "AAPL", description: "APPLE INC", type: "Common Stock" };
  assertEquals(table([match, { ...match, symbol: "A", type: "", description: "" }]), [
    "SYMBOL  TYPE          DESCRIPTION",
    "AAPL    Common Stock  APPLE INC",
    "A",
  ]);
});

Deno.test("the simulator's search finds parts of names in any case, and nothing for nothing", () => {
  assertEquals(search(["BINANCE:BTCUSDT", "AAPL"], "btc"), {
    count: 1,
    result: [{
      symbol: "BINANCE:BTCUSDT",
      displaySymbol: "BTCUSDT",
      description: "BINANCE:BTCUSDT (simulated)",
      type: "Crypto",
    }],
  });
  assertEquals(search(["AAPL"], "").count, 0);
});

Deno.test("searchSymbols() blames the network, not the answer, when the answer breaks off", async () => {
  const broken = new ReadableStream({ pull: () => Promise.reject(new Error("reset by peer")) });
  await assertRejects(
    () => searchSymbols("A", options(() => new Response(broken))),
    SymbolSearchError,
    "not reached (reset by peer)",
  );
});

Deno.test("searchSymbols() stops with the signal's reason, while it asks and while it waits", async () => {
  const reason = new Error("stopped");
  const stop = new AbortController();
  const asking = options(() => {
    stop.abort(reason);
    return Promise.reject(new DOMException("aborted", "AbortError"));
  });
  await assertRejects(() => searchSymbols("A", { ...asking, signal: stop.signal }), Error, "stopped");

  const later = new AbortController();
  const { wait: _, ...busy } = options(() => {
    queueMicrotask(() => later.abort(reason));
    return new Response("", { status: 429 });
  });
  await assertRejects(() => searchSymbols("A", { ...busy, signal: later.signal }), Error, "stopped");
});

Deno.test("validateSymbols() throws when a look-up fails, and does not call the symbol unknown", async () => {
  const failing = options(() => new Response("", { status: 500 }));
  await assertRejects(() => validateSymbols({ ...failing, symbols: ["AAPL"] }), SymbolSearchError);
});

Deno.test("table() lets no control character through to the terminal", () => {
  const match = { symbol: "A\x1b[2J", displaySymbol: "", description: "x\r\ny", type: "\x07" };
  assertEquals(table([match])[1], `${"A [2J".padEnd(6)}  ${" ".padEnd(4)}  x  y`);
});
