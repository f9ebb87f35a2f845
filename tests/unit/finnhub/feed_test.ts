import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Feed } from "../../../src/finnhub/feed.ts";
import type { Trade } from "../../../src/market/trade.ts";
import { createLogger } from "../../../src/telemetry/log.ts";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";
import { FakeSocket } from "./fake_socket.ts";
import { FakeTime } from "./fake_time.ts";

const TOKEN = "tok-e-n";
const IDLE_MS = 150_000;
const PING = '{"type":"ping"}';
const TRADE = '{"type":"trade","data":[{"s":"A","p":1,"t":5,"v":2,"c":["1"]}]}';

/** A feed whose sockets, timers and clock the test holds. */
class Bench {
  readonly time = new FakeTime();
  readonly sockets: FakeSocket[] = [];
  readonly attempts: { at: number; url: URL }[] = [];
  readonly trades: { trades: readonly Trade[]; receivedAt: number }[] = [];
  readonly lines: string[] = [];
  readonly registry = new MetricRegistry();
  readonly stop = new AbortController();
  readonly feed: Feed;
  readonly running: Promise<void>;
  /** Whether the peers of sockets to come answer a close. */
  answersClose = true;
  /** Listeners on the stop signal. */
  listeners = 0;

  constructor() {
    const { signal } = this.stop;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      this.listeners++;
      addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      this.listeners--;
      removeEventListener.apply(signal, args);
    };
    this.feed = new Feed({
      wsUrl: new URL("wss://feed.test/?v=1"),
      token: TOKEN,
      symbols: ["A", "B"],
      idleTimeout: IDLE_MS,
      onTrades: (trades, receivedAt) => this.trades.push({ trades, receivedAt }),
      registry: this.registry,
      log: createLogger({
        level: "debug",
        format: "text",
        write: (line) => this.lines.push(line),
        now: () => 0,
      }),
      random: () => 0,
      now: () => this.time.now,
      connect: (url) => {
        const fake = new FakeSocket(this.answersClose);
        this.attempts.push({ at: this.time.now, url });
        this.sockets.push(fake);
        return fake.socket;
      },
    });
    this.running = this.feed.run(this.stop.signal);
  }

  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  metric(name: string): number {
    return Number(new RegExp(`^finnhub_pipe_feed_${name} (.+)$`, "m").exec(this.registry.text())?.[1]);
  }

  /** Stops the feed and sees that nothing of it is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort();
    await this.time.advance(1000);
    await this.running;
    assertEquals(this.time.pending, 0, "timers left behind");
    assert(this.sockets.every(({ readyState }) => readyState >= WebSocket.CLOSING), "a socket left open");
    assert(this.sockets.every((socket) => socket.onmessage === null), "a listener left behind");
    assert(!this.lines.join("\n").includes(TOKEN), "the token was logged");
    this.time[Symbol.dispose]();
  }
}

Deno.test("the feed connects with its token and subscribes to every symbol once it is open", async () => {
  await using bench = new Bench();
  assertEquals(bench.attempts[0]!.url.href, `wss://feed.test/?v=1&token=${TOKEN}`);
  assertEquals([bench.feed.connected, bench.socket.sent], [false, []]);
  bench.socket.open();
  assertEquals(bench.feed.connected, true);
  assertEquals(bench.socket.sent, [
    '{"type":"subscribe","symbol":"A"}',
    '{"type":"subscribe","symbol":"B"}',
  ]);
  assertEquals(bench.metric("connected"), 1);
});

Deno.test("a symbol that is added is subscribed to at once, once, and on every later connection", async () => {
  await using bench = new Bench();
  bench.feed.subscribe("C");
  bench.socket.open();
  bench.feed.subscribe("D");
  bench.feed.subscribe("D");
  const subscribed = () => bench.socket.sent.map((text) => JSON.parse(String(text)).symbol);
  assertEquals(subscribed(), ["A", "B", "C", "D"]);
  bench.socket.closedByPeer(1006);
  bench.feed.subscribe("E");
  await bench.time.advance(1000);
  bench.socket.open();
  assertEquals(subscribed(), ["A", "B", "C", "D", "E"]);
});

Deno.test("the feed hands on trades with the time they came, and counts what else comes", async () => {
  await using bench = new Bench();
  bench.socket.open();
  await bench.time.advance(70);
  bench.socket.receive(TRADE);
  bench.socket.receive('{"type":"trade","data":[{"s":"A"},{"s":"B","p":2,"t":6,"v":0}]}');
  bench.socket.receive(PING);
  bench.socket.receive("{");
  bench.socket.receive(new ArrayBuffer(4));
  bench.socket.receive('{"type":"error","msg":"Something"}');
  assertEquals(bench.trades, [
    { trades: [{ symbol: "A", price: 1, volume: 2, time: 5, conditions: ["1"] }], receivedAt: 70 },
    { trades: [{ symbol: "B", price: 2, volume: 0, time: 6, conditions: [] }], receivedAt: 70 },
  ]);
  const counted = [
    "frames_total",
    "malformed_trades_total",
    "pings_total",
    "junk_frames_total",
    "errors_total",
  ];
  assertEquals(counted.map((name) => bench.metric(name)), [6, 1, 1, 2, 1]);
  assert(bench.metric("bytes_total") > TRADE.length);
});

Deno.test("a connection that is silent for the idle time-out is replaced and subscribed anew", async () => {
  await using bench = new Bench();
  bench.socket.open();
  bench.socket.receive(TRADE);
  await bench.time.advance(IDLE_MS - 1);
  assertEquals(bench.sockets.length, 1);
  await bench.time.advance(1);
  assertEquals(bench.feed.connected, false);
  await bench.time.advance(125);
  assertEquals(bench.sockets.length, 2);
  bench.socket.open();
  assertEquals(bench.socket.sent.length, 2);
  assertEquals(bench.metric("reconnects_total"), 1);
});

Deno.test("pings, and even junk, keep a connection alive", async () => {
  await using bench = new Bench();
  bench.socket.open();
  for (const frame of [PING, "{", PING, new ArrayBuffer(1)]) {
    await bench.time.advance(IDLE_MS - 1);
    bench.socket.receive(frame);
  }
  assertEquals([bench.sockets.length, bench.feed.connected], [1, true]);
});

Deno.test("a socket that does not open within 15 s is given up", async () => {
  await using bench = new Bench();
  await bench.time.advance(15_000);
  assertEquals(bench.sockets[0]!.readyState, WebSocket.CLOSED);
  await bench.time.advance(125);
  assertEquals(bench.sockets.length, 2);
});

Deno.test("waits grow while nothing is delivered, up to a bound, and start again after a frame", async () => {
  await using bench = new Bench();
  const waits: number[] = [];
  const lose = async (frames: readonly string[]) => {
    bench.socket.open();
    frames.forEach((frame) => bench.socket.receive(frame));
    const [lostAt, attempts] = [bench.time.now, bench.attempts.length];
    bench.socket.closedByPeer(1006);
    // Longer than any wait, and shorter than a socket may take to open.
    await bench.time.advance(10_000);
    waits.push(bench.attempts[attempts]!.at - lostAt);
  };
  for (let i = 0; i < 8; i++) await lose([]);
  await lose([PING]);
  await lose([]);
  assertEquals(bench.listeners, 1, "listeners of earlier attempts are left on the signal");
  assertEquals(waits, [125, 250, 500, 1000, 2000, 4000, 7500, 7500, 125, 250]);
});

Deno.test("the gap runs from the last frame before a loss to the first one after it, over several attempts", async () => {
  await using bench = new Bench();
  bench.socket.open();
  await bench.time.advance(5000);
  bench.socket.receive(PING);
  assertEquals(bench.metric("gap_seconds_total"), 0);
  await bench.time.advance(1000);
  bench.socket.closedByPeer(1001);
  await bench.time.advance(125);
  bench.socket.refuse("Invalid status code: 503");
  await bench.time.advance(250);
  assertEquals(bench.sockets.length, 3);
  bench.socket.open();
  await bench.time.advance(625);
  bench.socket.receive(PING);
  await bench.time.advance(9000);
  bench.socket.receive(PING);
  assertEquals(bench.metric("gap_seconds_total"), 2);
});

Deno.test("a refused socket and a refused subscription are logged with what to do", async () => {
  await using bench = new Bench();
  const refusals: [message: string, remedy: string][] = [
    ["Invalid status code: 401", "check FINNHUB_API_TOKEN"],
    ["Invalid status code: 429", "used only once"],
    [`no such token: ${TOKEN}`, "check FINNHUB_WS_URL"],
    ["Invalid status code: 502", "check FINNHUB_WS_URL and FINNHUB_API_TOKEN"],
    [`tcp connect error at wss://feed.test/?v=1&token=${TOKEN}`, "check FINNHUB_WS_URL"],
  ];
  for (const [message, remedy] of refusals) {
    bench.socket.refuse(`NetworkError: failed to connect to WebSocket: ${message}`);
    await bench.time.advance(0);
    assertStringIncludes(bench.lines.at(-1)!, remedy);
    await bench.time.advance(2000);
  }
  bench.socket.open();
  bench.socket.receive('{"type":"error","msg":"Subscribing to too many symbols"}');
  assertStringIncludes(bench.lines.at(-1)!, "FINNHUB_STOCKS_TICKERS");
  assertStringIncludes(bench.lines.at(-1)!, "Subscribing to too many symbols");
});

Deno.test("a peer that never answers the close does not hold the feed up", async () => {
  await using bench = new Bench();
  bench.sockets.length = 0;
  bench.answersClose = false;
  await bench.time.advance(15_000 + 125);
  bench.socket.open();
  bench.socket.receive(TRADE);
  await bench.time.advance(IDLE_MS + 1000 + 125);
  assertEquals(bench.sockets.length, 2);
  bench.answersClose = true;
  const dead = bench.sockets[0]!;
  dead.receive(TRADE);
  assertEquals(bench.trades.length, 1, "what a given up connection still sends is not taken");
});

Deno.test("a stop ends the feed before it is open, while it is open, and while it waits", async () => {
  for (const stage of ["opening", "open", "waiting"]) {
    await using bench = new Bench();
    if (stage !== "opening") bench.socket.open();
    if (stage === "waiting") bench.socket.closedByPeer(1001);
    await bench.time.advance(10);
    bench.stop.abort();
    await bench.time.settle();
    await bench.running;
    assertEquals([bench.sockets.length, bench.feed.connected], [1, false], stage);
  }
});

Deno.test("waits go on growing while a server answers with an error or junk and closes", async () => {
  await using bench = new Bench();
  const waits: number[] = [];
  for (
    const frame of ['{"type":"error","msg":"Invalid API key"}', "<html>", '{"type":"trade","data":[]}', "{"]
  ) {
    bench.socket.open();
    bench.socket.receive(frame);
    const [lostAt, attempts] = [bench.time.now, bench.attempts.length];
    bench.socket.closedByPeer(1000);
    await bench.time.advance(10_000);
    waits.push(bench.attempts[attempts]!.at - lostAt);
  }
  assertEquals(waits, [125, 250, 500, 1000]);
});

Deno.test("no frame, however hostile, ends a connection or throws", async () => {
  await using bench = new Bench();
  bench.socket.open();
  const deep = "[".repeat(400_000) + "]".repeat(400_000);
  for (const msg of ['{"toString":1}', deep, "null"]) bench.socket.receive(`{"type":"error","msg":${msg}}`);
  bench.socket.receive(deep);
  bench.socket.receive(new Blob(["x"]));
  bench.socket.receive(TRADE);
  assertEquals([bench.trades.length, bench.feed.connected, bench.sockets.length], [1, true, 1]);
  assertEquals([bench.metric("errors_total"), bench.metric("junk_frames_total")], [3, 2]);
});
