import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  searchSymbols,
  SymbolSearchError,
  type SymbolSearchOptions,
  validateSymbols,
} from "../../../src/finnhub/symbols.ts";
import { FINNHUB_ACCESS } from "../../finnhub_access.ts";

const TOKEN = "secret-token";

function options(answer: (url: URL, headers: Headers) => Response | Promise<Response>): SymbolSearchOptions {
  return {
    ...FINNHUB_ACCESS,
    restUrl: new URL("https://example.test/api/v1/"),
    token: TOKEN,
    fetch: (input, init) =>
      Promise.resolve(
        answer(new URL(String(input)), new Headers((init as { headers?: HeadersInit } | undefined)?.headers)),
      ),
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

Deno.test("searchSymbols() follows no redirect, and gives up on its own when no answer comes", async () => {
  let init: RequestInit | undefined;
  const asking = options(() => found("A"));
  await searchSymbols("A", {
    ...asking,
    fetch: (input, given) => {
      init = given;
      return asking.fetch(input, given);
    },
  });
  // A redirect would take the token to another host.
  assertEquals(init?.redirect, "error");
  assert(init?.signal && init.signal !== asking.signal, "no time-out of its own");

  const late = {
    ...asking,
    fetch: () => Promise.reject(new DOMException("Signal timed out.", "TimeoutError")),
  };
  await assertRejects(() => searchSymbols("A", late), SymbolSearchError, "not reached (Signal timed out.)");
});

Deno.test("searchSymbols() waits longer each time after a 429, within a minute in all", async () => {
  for (const random of [() => 0, () => 0.999]) {
    const waits: number[] = [];
    const busy = options(() => new Response("", { status: 429 }));
    const wait = (ms: number) => Promise.resolve(void waits.push(ms));
    await assertRejects(() => searchSymbols("A", { ...busy, random, wait }), SymbolSearchError, "429");
    assertEquals(waits.length, 3);
    assert(waits[0]! < waits[1]! && waits[1]! < waits[2]!, waits.join(" "));
    assert(waits[0]! >= 4000 && waits[0]! + waits[1]! + waits[2]! <= 60_000, waits.join(" "));
  }
});

Deno.test("searchSymbols() tries nothing but a 429 again", async () => {
  for (const status of [400, 401, 403, 404, 500, 503]) {
    let asked = 0;
    const refusing = options(() => {
      asked++;
      return new Response("", { status });
    });
    await assertRejects(() => searchSymbols("A", refusing), SymbolSearchError, `Finnhub answers ${status}`);
    assertEquals(asked, 1);
  }
});

Deno.test("searchSymbols() keeps the token out of its errors even when the cause names it", async () => {
  const causes = [
    new TypeError(`Invalid header value: "${TOKEN}"`),
    new Error("failed", { cause: new Error(`GET /search?token=${TOKEN}`) }),
  ];
  for (const cause of causes) {
    const failing = options(() => Promise.reject(cause));
    const error = await assertRejects(() => searchSymbols("A", failing), SymbolSearchError, "[redacted]");
    assert(!error.message.includes(TOKEN), error.message);
    assert(error.message.includes("check FINNHUB_REST_URL"), error.message);
  }
});

Deno.test("searchSymbols() reads an answer up to 1 MiB and keeps no more of a larger one", async () => {
  const body = (padding: number) => JSON.stringify({ result: [{ symbol: "A" }], pad: "x".repeat(padding) });
  const fits = 1_048_576 - body(0).length;
  assertEquals((await searchSymbols("A", options(() => new Response(body(fits))))).length, 1);
  const larger = options(() => new Response(body(fits + 1)));
  await assertRejects(() => searchSymbols("A", larger), SymbolSearchError, "not a list of symbols");

  let pulled = 0;
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => {
      pulled++;
      controller.enqueue(new Uint8Array(65_536));
    },
    cancel: () => void (cancelled = true),
  });
  const flooded = options(() => new Response(endless));
  await assertRejects(() => searchSymbols("A", flooded), SymbolSearchError, "not a list of symbols");
  assert(pulled <= 20 && cancelled, `${pulled} chunks were taken, cancelled: ${cancelled}`);
});

Deno.test("searchSymbols() passes over entries that are no symbols, and members that are no texts", async () => {
  const result = [null, 5, "A", {}, { symbol: 1 }, { symbol: "A", description: 5, type: null }];
  const matches = await searchSymbols("A", options(() => Response.json({ result })));
  assertEquals(matches, [{ symbol: "A", displaySymbol: "", description: "", type: "" }]);
});

Deno.test("validateSymbols() keeps the order of its symbols, and takes no similar name for the one asked for", async () => {
  const known = ["X:A", "B", "X:AB"];
  const searching = options((url) =>
    found(...known.filter((symbol) => symbol.includes(url.searchParams.get("q")!)))
  );
  assertEquals(await validateSymbols({ ...searching, symbols: ["X:AB", "A", "B", "Y:A", "X:A"] }), {
    known: ["X:AB", "B", "X:A"],
    unknown: ["A", "Y:A"],
  });
  assertEquals(await validateSymbols({ ...searching, symbols: [] }), { known: [], unknown: [] });
});
