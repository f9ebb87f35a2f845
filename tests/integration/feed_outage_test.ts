import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { freePorts } from "../services/ports.ts";
import { BareServer, LoneFeed, shortText } from "./bare_server.ts";
import { ALL, FeedBench, holds, numbered } from "./feed_bench.ts";

integrationTest(
  "a server that comes later than its feed is found by itself, and loses no trade",
  async () => {
    const [port] = freePorts(1);
    await using feed = new LoneFeed(port!);
    await holds("two attempts to fail", () => feed.count("reconnects_total") >= 2);
    assertEquals(feed.feed.connected, false);
    assertStringIncludes(feed.lines.at(-1)!, "check FINNHUB_WS_URL");
    await using bench = new FeedBench({ listen: { hostname: "127.0.0.1", port: port! } });
    await bench.simulator.finished;
    await holds("every trade to arrive", () => feed.trades.length === ALL.length);
    assertEquals(feed.trades.map(({ price }) => price), ALL);
    // Nothing was received before, so nothing was missed.
    assertEquals(feed.count("gap_seconds_total"), 0);
  },
);

integrationTest("a server that is replaced on its port by another is connected to anew", async () => {
  const [port] = freePorts(1);
  const listen = { hostname: "127.0.0.1", port: port! };
  await using feed = new LoneFeed(port!);
  for (let server = 1; server <= 3; server++) {
    await using bench = new FeedBench({ listen });
    await bench.simulator.finished;
    await holds(`the trades of server ${server}`, () => feed.trades.length === server * ALL.length);
  }
  assertEquals(feed.trades.map(({ price }) => price), [...ALL, ...ALL, ...ALL]);
  assert(feed.count("gap_seconds_total") >= 2 * 0.125);
});

integrationTest("a wrong token is tried again and again, each time later, and never logged", async () => {
  await using bench = new FeedBench({ token: "another" });
  const feed = bench.feed();
  const start = performance.now();
  await holds("two refusals", () => feed.count("reconnects_total") >= 2);
  // Asking often makes a no worse: the first wait is 5 s. Timers may be a little early.
  assert(performance.now() - start >= 4990);
  const refusals = bench.lines.filter((line) => line.includes("feed lost"));
  assertEquals(refusals.length, 2);
  for (const line of refusals) assertStringIncludes(line, "check FINNHUB_API_TOKEN");
});

integrationTest("two feeds with one token push each other out, and the one that stays goes on", async () => {
  await using bench = new FeedBench({ pingInterval: 20 });
  const [one, two] = [bench.feed(), bench.feed()];
  await holds("each to be pushed out", () => [one, two].every((feed) => feed.count("reconnects_total") > 0));
  await one.stop();
  const [reconnects, pings] = [two.count("reconnects_total"), two.count("pings_total")];
  await holds("the other to be served", () => two.count("pings_total") > pings + 10);
  assert(two.count("reconnects_total") <= reconnects + 1);
  assertEquals([one.connected(), two.connected()], [false, true]);
  assert(!bench.lines.some((line) => line.includes("silent")), "a feed was pushed out without being closed");
});

integrationTest("a stop ends the feed at once in every state", async () => {
  using server = new BareServer();
  const [free] = freePorts(1);
  const states: [name: string, most: number, port: number, reach: (feed: LoneFeed) => Promise<unknown>][] = [
    ["connecting to a server that says nothing", 500, server.port, () => server.accept()],
    [
      "waiting to connect again",
      500,
      free!,
      (feed) => holds("a wait", () => feed.count("reconnects_total") > 2),
    ],
    // A peer that does not answer the close is waited for, but not for long.
    ["connected to a dead server", 2000, server.port, async (feed) => {
      await server.acceptWebSocket();
      await holds("the feed to be connected", () => feed.feed.connected);
    }],
  ];
  for (const [name, most, port, reach] of states) {
    await using feed = new LoneFeed(port);
    await reach(feed);
    const took = await feed.stop();
    assert(took < most, `${name}: ${took} ms`);
    assertEquals(feed.feed.connected, false, name);
  }
  await using bench = new FeedBench({ source: numbered(5) });
  const feed = bench.feed();
  await holds("some trades", () => feed.trades.length > 0);
  const start = performance.now();
  await feed.stop();
  const [took, trades] = [performance.now() - start, feed.trades.length];
  assert(took < 500, `open: ${took} ms`);
  await holds("the market's end", () => bench.lines.some((line) => line.includes("come to its end")));
  assertEquals(feed.trades.length, trades, "trades came after the stop");
});

integrationTest("a server that dies without a word is noticed by its silence", async () => {
  using server = new BareServer();
  await using feed = new LoneFeed(server.port, { idleTimeout: 300 });
  const first = await server.acceptWebSocket();
  await first.write(shortText('{"type":"ping"}'));
  await holds("the ping", () => feed.count("pings_total") === 1);
  const second = await server.acceptWebSocket();
  assert(feed.lines.some((line) => line.includes("silent for 0.3 s")), feed.lines.join("\n"));
  await second.write(shortText('{"type":"ping"}'));
  await holds("the next ping", () => feed.count("pings_total") === 2);
  // The time-out and the shortest wait lie between; the dead peer had its second to answer the close besides.
  assert(feed.count("gap_seconds_total") >= 0.4, `${feed.count("gap_seconds_total")} s`);
});

integrationTest("a frame that breaks the websocket ends the connection, hostile ones do not", async () => {
  using server = new BareServer();
  await using feed = new LoneFeed(server.port);
  const first = await server.acceptWebSocket();
  for (const text of ['{"type":"error","msg":{"toString":1}}', "[[[[", '{"type":"ping"}']) {
    await first.write(shortText(text));
  }
  await holds("the ping after them", () => feed.count("pings_total") === 1);
  assertEquals([feed.count("errors_total"), feed.count("junk_frames_total")], [1, 1]);
  assertEquals(feed.count("reconnects_total"), 0);
  // Its reserved bits are set.
  await first.write(new Uint8Array([0xf1, 0x01, 0x41]));
  await server.acceptWebSocket();
  await holds("the feed to be connected again", () => feed.feed.connected);
  assertEquals(feed.count("reconnects_total"), 1);
});
