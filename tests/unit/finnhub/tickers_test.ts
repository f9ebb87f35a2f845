import { assert, assertEquals, assertRejects } from "@std/assert";
import type { SymbolMatch } from "../../../src/finnhub/symbols.ts";
import { SettingError } from "../../../src/settings/read_settings.ts";
import { run, table } from "../../../src/roles/tickers.ts";
import { createLogger } from "../../../src/telemetry/log.ts";
import { FINNHUB_SETTINGS } from "../../finnhub_access.ts";

const APPLE: SymbolMatch = {
  symbol: "AAPL",
  displaySymbol: "AAPL",
  description: "APPLE INC",
  type: "Common Stock",
};

/** Runs `tickers` on words that it must refuse before it asks anyone: these tests may not use the network. */
async function refusal(words: string[], token = "t"): Promise<string> {
  const printed: string[] = [];
  const error = await assertRejects(
    () =>
      run({
        words,
        settings: {
          ...FINNHUB_SETTINGS,
          finnhubApiToken: token,
          json: false,
        },
        log: createLogger({ level: "error", format: "text", write: () => {}, now: () => 0 }),
        signal: new AbortController().signal,
        print: (line) => printed.push(line),
        progress: () => Promise.reject(new Error("nothing takes long here")),
      }),
    SettingError,
  );
  assertEquals(printed, []);
  assert(!error.message.includes("\n"));
  return error.message;
}

Deno.test("table() aligns its columns under the heading and ends no line with spaces", () => {
  const crypto = { ...APPLE, symbol: "BINANCE:BTCUSDT", type: "Crypto", description: "Bitcoin" };
  assertEquals(table([APPLE, crypto, { ...APPLE, symbol: "A", type: "", description: "" }]), [
    "SYMBOL           TYPE          DESCRIPTION",
    "AAPL             Common Stock  APPLE INC",
    "BINANCE:BTCUSDT  Crypto        Bitcoin",
    "A",
  ]);
});

Deno.test("table() of short or of no matches is as wide as its heading", () => {
  assertEquals(table([]), ["SYMBOL  TYPE  DESCRIPTION"]);
  const short = { ...APPLE, symbol: "F", type: "ADR", description: "D" };
  assertEquals(table([short]), ["SYMBOL  TYPE  DESCRIPTION", "F       ADR   D"]);
});

Deno.test("table() lets nothing that a terminal obeys through to the terminal", () => {
  const hostile = { ...APPLE, symbol: "A\x1b[2J", description: "x\r\ny\x9b1m\u202e", type: "\x07" };
  assertEquals(table([hostile])[1], "A\\u001b[2J  \\u0007  x\\u000d y\\u009b1m\\u202e");
});

Deno.test("tickers refuses to run without a query, and shows one", async () => {
  for (const words of [[], [""], [" ", "\t"]]) {
    assertEquals(await refusal(words), "tickers needs a QUERY, such as: finnhub-pipe tickers apple");
  }
});

Deno.test("tickers refuses a query that is too long", async () => {
  assertEquals(await refusal(["x".repeat(201)]), "tickers takes a QUERY of at most 200 characters");
});

Deno.test("tickers refuses to run without a token, and says where to get one", async () => {
  assertEquals(
    await refusal(["apple"], ""),
    "FINNHUB_API_TOKEN is not set; get a token at finnhub.io",
  );
});
