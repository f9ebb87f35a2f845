import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { FrameTrade, MarketSource, TimedFrame } from "../../src/finnhub/simulator/market_source.ts";
import { syntheticMarket } from "../../src/finnhub/simulator/synthetic.ts";
import { integrationTest } from "../needs.ts";
import { ALL, FeedBench, FRAMES, holds, numbered, SYMBOLS, TOKEN } from "./feed_bench.ts";
import { RawClient, subscribe, trade } from "./simulator_clients.ts";

/** A market whose frames the test hands out one by one. */
class Tape implements MarketSource {
  readonly symbols = SYMBOLS;
  readonly waitsForClient = false;
  #next = Promise.withResolvers<TimedFrame>();
  #queue: Promise<TimedFrame>[] = [this.#next.promise];

  play(...trades: FrameTrade[]): void {
    this.#next.resolve({ due: 0, trades });
    this.#next = Promise.withResolvers();
    this.#queue.push(this.#next.promise);
  }

  async *frames(_: number, signal: AbortSignal): AsyncGenerator<TimedFrame> {
    const stopped = new Promise<undefined>((resolve) =>
      signal.addEventListener("abort", () => resolve(undefined), { once: true })
    );
    while (true) {
      const frame = await Promise.race([this.#queue[0]!, stopped]);
      if (!frame) return;
      this.#queue.shift();
      yield frame;
    }
  }
}

integrationTest("a look-up needs the token, in its header or its address, and is as Finnhub's", async () => {
  await using bench = new FeedBench();
  const ask = async (query: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${bench.simulator.restUrl}/search?${query}`, { headers });
    return [response.status, await response.json()];
  };
  const refused = [401, { error: "Invalid API key" }];
  assertEquals(await ask("q=C"), refused);
  assertEquals(await ask("q=C", { "X-Finnhub-Token": "wrong" }), refused);
  assertEquals(await ask("q=C&token=wrong"), refused);
  // The header is what Finnhub looks at first.
  assertEquals(await ask(`q=C&token=${TOKEN}`, { "X-Finnhub-Token": "wrong" }), refused);
  const match = {
    symbol: "X:B",
    displaySymbol: "B",
    description: "X:B (simulated)",
    type: "Crypto",
  };
  const found = [200, { count: 1, result: [match] }];
  assertEquals(await ask("q=x%3Ab", { "X-Finnhub-Token": TOKEN }), found);
  assertEquals(await ask(`q=x%3Ab&token=${TOKEN}`), found);
  assertEquals(await ask(`token=${TOKEN}`), [200, { count: 0, result: [] }]);
});

integrationTest(
  "official clients, which ask with two slashes, get search, quote and lists of one market",
  async () => {
    const symbols = ["AAPL", "BINANCE:BTCUSDT", "OANDA:EUR_USD"];
    await using bench = new FeedBench({ source: syntheticMarket({ symbols, rate: 100, seed: 1 }) });
    const ask = async (path: string) => {
      const response = await fetch(`${bench.simulator.restUrl}/${path}&token=${TOKEN}`);
      assertEquals(response.status, 200, path);
      return await response.json();
    };
    const { count, result } = await ask("/search?q=apple");
    assertEquals([count, result[0].symbol, result[0].description], [1, "AAPL", "APPLE INC"]);
    assertEquals((await ask("/stock/symbol?exchange=US")).map(({ symbol }: { symbol: string }) => symbol), [
      "AAPL",
    ]);
    assertEquals((await ask("/crypto/symbol?exchange=BINANCE"))[0].displaySymbol, "BTC/USDT");
    assertEquals((await ask("/forex/symbol?exchange=oanda"))[0].symbol, "OANDA:EUR_USD");
    assertEquals(await ask("/crypto/exchange?"), ["BINANCE"]);
    assertEquals((await ask("quote?symbol=AAPL")).c, 271.49);
    await using client = await RawClient.connect(bench);
    client.socket.send(subscribe("AAPL"));
    await holds("some trades", () => client.prices().length > 10);
    const { c, h, l, o, pc } = await ask("/quote?symbol=AAPL");
    assert(l <= c && c <= h && l <= o && o <= h && pc === 271.49, JSON.stringify({ c, h, l, o, pc }));
    const refused = await fetch(`${bench.simulator.restUrl}//quote?symbol=AAPL`);
    assertEquals([refused.status, await refused.json()], [401, { error: "Invalid API key" }]);
  },
);

integrationTest("a websocket needs the token, and any will do when the simulator has none", async () => {
  await using bench = new FeedBench();
  for (const token of ["", "wrong", `${TOKEN}x`]) {
    await assertRejects(() => RawClient.connect(bench, token), Error, "401");
  }
  await using open = new FeedBench({ token: "" });
  await assertRejects(() => RawClient.connect(open, ""), Error, "401");
  await using client = await RawClient.connect(open, "anything");
  await client.heard();
});

integrationTest(
  "a client gets trades from its subscription on, and none after its unsubscription",
  async () => {
    const tape = new Tape();
    await using bench = new FeedBench({ source: tape });
    await using client = await RawClient.connect(bench);
    client.socket.send(subscribe("X:A"));
    tape.play(trade("X:A", 1), trade("C", 2), trade("X:A", 3));
    tape.play(trade("C", 4));
    tape.play(trade("X:A", 5));
    await holds("the trades of one symbol", () => client.prices().length >= 3);
    client.socket.send(subscribe("C"));
    client.socket.send('{"type":"unsubscribe","symbol":"X:A"}');
    await client.heard();
    tape.play(trade("X:A", 6), trade("C", 7));
    tape.play(trade("X:A", 8));
    tape.play(trade("C", 9));
    await holds("the last trade", () => client.prices().includes(9));
    assertEquals(client.prices(), [1, 3, 5, 7, 9]);
    assertEquals(client.of("trade").length, 4, "frames without a trade for the client are not sent");
    assertEquals(bench.sent(), 5);
  },
);

integrationTest("what is no request is answered by an error, and the connection goes on", async () => {
  const tape = new Tape();
  await using bench = new FeedBench({ source: tape });
  await using client = await RawClient.connect(bench);
  const wrong = [
    "",
    "{",
    "null",
    '{"type":"subscribe"}',
    '{"type":"subscribe","symbol":7}',
    '{"type":"listen","symbol":"C"}',
    subscribe("C".repeat(2000)),
    "x".repeat(500_000),
    new Uint8Array([1, 2, 3]),
  ];
  for (const message of wrong) client.socket.send(message);
  await holds("an answer to each", () => client.frames.length >= wrong.length);
  assertEquals(client.frames, Array(wrong.length).fill({ type: "error", msg: "Invalid message" }));
  client.socket.send(subscribe("C"));
  tape.play(trade("C", 1));
  await holds("a trade", () => client.prices().length > 0);
});

integrationTest("a client that subscribed to nothing is pinged, and no replay starts for it", async () => {
  const source = numbered();
  await using bench = new FeedBench({ source, pingInterval: 20 });
  await using client = await RawClient.connect(bench);
  // Longer than it takes a client's symbols to settle.
  await holds("fifteen pings", () => client.of("ping").length >= 15);
  assertEquals([source.played, client.frames.length - client.of("ping").length], [0, 0]);
  client.socket.send(subscribe("C"));
  await bench.simulator.finished;
  await holds("every trade from the first on", () => client.prices().length >= FRAMES);
  assertEquals(client.prices(), ALL.filter((id) => id % 3 === 0));
});

integrationTest(
  "a replay waits until a client has named all its symbols, so that none loses frames",
  async () => {
    // Its client names a symbol with each ping. Only when that was never slower than the simulator's patience of 100 ms
    // does the attempt say something: this machine may be busy.
    for (let attempt = 0; attempt < 10; attempt++) {
      const symbols = Array.from({ length: 30 }, (_, i) => `S${i}`);
      let started: number | undefined;
      const source: MarketSource = {
        symbols,
        waitsForClient: true,
        async *frames() {
          started = performance.now();
          for (let i = 0; i < 300; i++) yield { due: 0, trades: symbols.map((s) => trade(s, i)) };
        },
      };
      await using bench = new FeedBench({ source, pingInterval: 10 });
      await using client = await RawClient.connect(bench);
      const named: number[] = [];
      client.onFrame = ({ type }) => {
        if (type !== "ping" || named.length === symbols.length) return;
        client.socket.send(subscribe(symbols[named.length]!));
        named.push(performance.now());
      };
      await bench.simulator.finished;
      const slowest = Math.max(...named.map((at, i) => at - (named[i - 1] ?? at)));
      if (slowest > 70) continue;
      assertEquals(named.length, symbols.length);
      assert(started! - named.at(-1)! > 50, "it started without waiting for more symbols");
      await holds("every trade of every symbol", () => client.prices().length === 300 * symbols.length);
      return;
    }
    throw new Error("the machine was too slow in every attempt");
  },
);

integrationTest("at the market's end the connection stays open, is pinged, and takes requests", async () => {
  await using bench = new FeedBench({ pingInterval: 30 });
  await using client = await RawClient.connect(bench);
  client.socket.send(subscribe("C"));
  await bench.simulator.finished;
  await holds("every trade", () => client.prices().length === FRAMES);
  const pings = client.of("ping").length;
  await holds("three more pings", () => client.of("ping").length >= pings + 3);
  client.socket.send(subscribe("X:A"));
  await client.heard();
  assertEquals([client.socket.readyState, client.prices().length], [WebSocket.OPEN, FRAMES]);
});

integrationTest("the newer of two clients with one token is served on, the older is closed", async () => {
  const tape = new Tape();
  await using bench = new FeedBench({ source: tape });
  await using older = await RawClient.connect(bench);
  older.socket.send(subscribe("C"));
  tape.play(trade("C", 1));
  await holds("a trade", () => older.prices().length === 1);
  await using newer = await RawClient.connect(bench);
  await older.closed;
  newer.socket.send(subscribe("C"));
  await newer.heard();
  tape.play(trade("C", 2));
  await holds("the next trade", () => newer.prices().length > 0);
  assertEquals([older.prices(), newer.prices()], [[1], [2]]);
  assertStringIncludes(bench.registry.text(), "\nfinnhub_pipe_simulator_clients 1\n");
});
