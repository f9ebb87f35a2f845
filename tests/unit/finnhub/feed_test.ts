import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Bench, IDLE_MS, PING, START, TOKEN, TRADE } from "./feed_bench.ts";

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
  bench.socket.receive('{"type":"trade","data":[{"s":"A"},{"s":"B","p":2,"t":1700000000000,"v":0}]}');
  bench.socket.receive(PING);
  bench.socket.receive("{");
  bench.socket.receive(new ArrayBuffer(4));
  bench.socket.receive('{"type":"error","msg":"Something"}');
  assertEquals(bench.trades, [
    {
      trades: [{ symbol: "A", price: 1, volume: 2, time: START, conditions: ["1"] }],
      receivedAt: START + 70,
    },
    {
      trades: [{ symbol: "B", price: 2, volume: 0, time: 1_700_000_000_000, conditions: [] }],
      receivedAt: START + 70,
    },
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

Deno.test("a refused socket and a refused subscription are logged with what to do", async () => {
  await using bench = new Bench();
  const refusals: [message: string, remedy: string][] = [
    ["Invalid status code: 401", "check FINNHUB_API_TOKEN"],
    ["Invalid status code: 429", "used only once"],
    ["Invalid status code: 503", "overloaded"],
    [`no such token: ${TOKEN}`, "check FINNHUB_WS_URL"],
    ["Invalid status code: 502", "check FINNHUB_WS_URL and FINNHUB_API_TOKEN"],
    [`tcp connect error at wss://feed.test/?v=1&token=${TOKEN}`, "check FINNHUB_WS_URL"],
  ];
  for (const [message, remedy] of refusals) {
    bench.socket.refuse(`NetworkError: failed to connect to WebSocket: ${message}`);
    await bench.time.advance(0);
    assertStringIncludes(bench.lines.at(-1)!, remedy);
    for (const tried = bench.sockets.length; bench.sockets.length === tried;) await bench.time.advance(100);
  }
  bench.socket.open();
  bench.socket.receive('{"type":"error","msg":"Subscribing to too many symbols"}');
  assertStringIncludes(bench.lines.at(-1)!, "FINNHUB_STOCKS_TICKERS");
  assertStringIncludes(bench.lines.at(-1)!, "Subscribing to too many symbols");
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
