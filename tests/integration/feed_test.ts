import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { openReplay } from "../../src/finnhub/simulator/replay.ts";
import { searchSymbols, SymbolSearchError, validateSymbols } from "../../src/finnhub/symbols.ts";
import { syntheticMarket } from "../../src/finnhub/simulator/synthetic.ts";
import { integrationTest, integrationTestUnless, permitted } from "../needs.ts";
import { ALL, FeedBench, FRAMES, holds, numbered, PER_FRAME, SYMBOLS, TOKEN } from "./feed_bench.ts";
import { FINNHUB_ACCESS } from "../finnhub_access.ts";

const RECORDED = new URL("../../../shared/data/bybit_20260809.ndjson.gz", import.meta.url);

integrationTest("every trade of a replay at greatest speed arrives once and in order", async () => {
  await using bench = new FeedBench();
  const feed = bench.feed();
  await bench.simulator.finished;
  await holds("every trade to arrive", () => feed.trades.length === ALL.length);
  assertEquals(feed.ids(), ALL);
  const second = { symbol: "X:B", price: 2, volume: 1, time: 1_700_000_000_002, conditions: [] };
  assertEquals(feed.trades[1], second);
  assertEquals(feed.count("frames_total"), FRAMES);
  assertEquals([feed.connected(), feed.count("reconnects_total")], [true, 0]);
});

integrationTest("two clients with tokens of their own each get the trades of their own symbols", async () => {
  await using bench = new FeedBench({ token: "" });
  const [one, two] = [
    bench.feed({ token: "one", symbols: ["C"] }),
    bench.feed({ token: "two", symbols: ["X:A", "C"] }),
  ];
  await bench.simulator.finished;
  await holds("both to have all", () => one.trades.length + two.trades.length === 3 * FRAMES);
  assertEquals(one.ids(), ALL.filter((id) => id % 3 === 0));
  assertEquals(two.ids(), ALL.filter((id) => id % 3 !== 2));
});

integrationTest("without a client time goes on and frames are lost, unless the replay waits", async () => {
  const source = numbered(5);
  await using bench = new FeedBench({ source });
  const first = bench.feed({ symbols: ["C"] });
  await holds("some trades to arrive", () => first.trades.length > 10);
  await first.stop();
  const left = source.played;
  await holds("the market to go on", () => source.played > left + 20);
  const second = bench.feed({ symbols: ["C"] });
  await bench.simulator.finished;
  await holds("the last trade to arrive", () => second.ids().includes(ALL.at(-1)!));
  const [again] = second.ids();
  assert(again! > first.ids().at(-1)! + 20 * PER_FRAME, "nothing was lost meanwhile");
  assertEquals(second.ids(), ALL.slice(again! - 1).filter((id) => id % 3 === 0));
});

integrationTest("a missing or wrong token is answered by 401, and the feed says what to check", async () => {
  await using bench = new FeedBench();
  const { restUrl, wsUrl } = bench.simulator;
  const http = wsUrl.replace("ws:", "http:");
  for (
    const url of [http, `${http}/?token=wrong`, `${restUrl}/search?q=C`, `${restUrl}/search?q=C&token=wrong`]
  ) {
    const response = await fetch(url);
    await response.body?.cancel();
    assertEquals(response.status, 401, url);
  }
  const feed = bench.feed({ token: "wrong" });
  await holds("the feed to be refused", () => feed.count("reconnects_total") > 0);
  assertStringIncludes(bench.lines.at(-1)!, "check FINNHUB_API_TOKEN");
  assertEquals(feed.connected(), false);
});

integrationTest("what is no websocket handshake is refused as the client's mistake", async () => {
  await using bench = new FeedBench();
  const { hostname, port } = new URL(bench.simulator.wsUrl);
  const status = async (headers: string) => {
    const peer = await Deno.connect({ hostname, port: Number(port) });
    const request = `GET /?token=${TOKEN} HTTP/1.1\r\nHost: ${hostname}\r\n${headers}\r\n\r\n`;
    await peer.write(new TextEncoder().encode(request));
    const answer = new Uint8Array(4096);
    const length = await peer.read(answer);
    peer.close();
    return Number(new TextDecoder().decode(answer.subarray(0, length ?? 0)).split(" ")[1]);
  };
  assertEquals(await status("Accept: */*"), 426);
  assertEquals(await status("Connection: Upgrade\r\nUpgrade: websocket"), 400);
});

integrationTest(
  "symbols beyond the limit are refused by an error, and the others are delivered",
  async () => {
    await using bench = new FeedBench({ symbolLimit: 2 });
    const feed = bench.feed();
    await bench.simulator.finished;
    await holds("the trades of two symbols", () => feed.trades.length === 2 * FRAMES);
    assertEquals(feed.ids(), ALL.filter((id) => id % 3 !== 0));
    assertEquals(feed.count("errors_total"), 1);
    assert(
      bench.lines.some((line) =>
        line.includes("too many symbols") && line.includes("FINNHUB_STOCKS_TICKERS")
      ),
    );
  },
);

integrationTest("pings keep an idle connection alive after the market's end", async () => {
  await using bench = new FeedBench({ pingInterval: 50 });
  const feed = bench.feed({ idleTimeout: 1000 });
  await bench.simulator.finished;
  await holds("pings to arrive for longer than the idle time-out", () => feed.count("pings_total") > 30);
  assertEquals([feed.connected(), feed.count("reconnects_total")], [true, 0]);
});

integrationTest("symbols are searched and validated over HTTP as the producer does it", async () => {
  await using bench = new FeedBench();
  const options = {
    ...FINNHUB_ACCESS,
    restUrl: new URL(bench.simulator.restUrl),
    token: TOKEN,
    random: () => 0,
    signal: new AbortController().signal,
  };
  assertEquals((await searchSymbols("x:", options)).map(({ symbol }) => symbol), ["X:A", "X:B"]);
  const { known, unknown } = await validateSymbols({ ...options, symbols: ["C", "X:B", "x:a", "NOPE"] });
  assertEquals([known, unknown], [["C", "X:B"], ["x:a", "NOPE"]]);
  const wrong = { ...options, token: "wrong" };
  await assertRejects(() => searchSymbols("C", wrong), SymbolSearchError, "check FINNHUB_API_TOKEN");
});

integrationTest("a synthetic market arrives as its seed makes it, from the clock's time on", async () => {
  const market = { symbols: SYMBOLS, rate: 2000, seed: 7 };
  const start = 1_700_000_000_000;
  await using bench = new FeedBench({ source: syntheticMarket(market), clock: () => start });
  const feed = bench.feed();
  await holds("a few hundred trades to arrive", () => feed.trades.length >= 400);
  const expected: unknown[] = [];
  for await (const { trades } of syntheticMarket(market).frames(start, new AbortController().signal)) {
    for (const { c, p, s, t, v } of trades) {
      expected.push({ symbol: s, price: p, volume: v, time: t, conditions: c ?? [] });
    }
    if (expected.length >= 400) break;
  }
  assertEquals(feed.trades.slice(0, 400), expected);
});

const recorded = permitted && await Deno.stat(RECORDED).then(() => true, () => false);
integrationTestUnless(
  recorded ? undefined : "the shared recordings are absent",
  "recorded trades arrive as they are in the file",
  async () => {
    const open = async (file: string) => (await Deno.open(file)).readable;
    const source = await openReplay({
      file: RECORDED.pathname,
      speed: Infinity,
      loop: false,
      now: false,
      open,
    });
    assertEquals(source.symbols.length, 6);
    const text = await new Response(
      (await open(RECORDED.pathname)).pipeThrough(new DecompressionStream("gzip")),
    ).text();
    const recorded = text.trim().split("\n").flatMap((line) => JSON.parse(line).data);
    assertEquals(recorded.length, 347);
    await using bench = new FeedBench({ source });
    const feed = bench.feed({ symbols: [...source.symbols] });
    await bench.simulator.finished;
    await holds("347 trades to arrive", () => feed.trades.length >= 347);
    assertEquals(
      feed.trades.map(({ price, symbol, time, volume }) => ({ s: symbol, p: price, t: time, v: volume })),
      recorded.map(({ p, s, t, v }) => ({ s, p, t, v })),
    );
    assertEquals(bench.sent(), 347);
  },
);
