import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Bench, PING, START, TRADE } from "./feed_bench.ts";

Deno.test("trades of symbols that nobody subscribed to are dropped and counted, case and all, and not remembered", async () => {
  await using bench = new Bench();
  bench.socket.open();
  const trade = (s: string) => ({ s, p: 1, t: START, v: 1 });
  const junk = Array.from({ length: 10_000 }, (_, i) => trade(`JUNK${i}`));
  const before = bench.registry.text().split("\n").length;
  bench.socket.receive(
    JSON.stringify({ type: "trade", data: [...junk, trade("a"), trade("A"), trade("A ")] }),
  );
  assertEquals(bench.trades.flatMap(({ trades }) => trades.map(({ symbol }) => symbol)), ["A"]);
  assertEquals(bench.metric("unsubscribed_trades_total"), 10_002);
  assertEquals(bench.registry.text().split("\n").length, before, "no metric names them");
  bench.socket.receive(JSON.stringify({ type: "trade", data: junk }));
  assertEquals(bench.trades.length, 1, "a frame of nothing but junk is not handed on");
});

Deno.test("codes that are too long or too many are dropped and counted, and their trade is kept", async () => {
  await using bench = new Bench();
  bench.socket.open();
  const c = [...Array(20).fill("7"), "x".repeat(100_000)];
  bench.socket.receive(JSON.stringify({ type: "trade", data: [{ s: "A", p: 1, t: START, v: 1, c }] }));
  assertEquals(bench.trades[0]!.trades[0]!.conditions, Array(16).fill("7"));
  assertEquals(bench.metric("dropped_codes_total"), 5);
});

Deno.test("a symbol that the feed refuses is asked for again on the same connection, and named until it is taken", async () => {
  await using bench = new Bench();
  bench.socket.open();
  const asked = () => bench.socket.sent.filter((text) => String(text).includes('"B"')).length;
  bench.socket.receive('{"type":"error","msg":"Invalid symbol B"}');
  assertEquals([...bench.feed.refused.keys()], ["B"]);
  assertEquals([bench.feed.trouble, bench.metric("refused_symbols")], [undefined, 1]);
  assertStringIncludes(bench.registry.text(), '\nfinnhub_pipe_feed_symbol_refused{symbol="B"} 1\n');
  for (let second = 0; second < 200; second++) {
    await bench.time.advance(1000);
    const before = asked();
    bench.socket.receive(PING);
    // It goes on refusing; each try is answered once.
    if (before > asked() - 1) bench.socket.receive('{"type":"error","msg":"Invalid symbol B"}');
  }
  assert(asked() >= 3, `${asked()} subscriptions in 200 s`);
  bench.socket.receive('{"type":"error","msg":"Invalid symbol A"}');
  assertEquals(bench.feed.trouble, "the feed refuses every symbol");
  bench.socket.receive(TRADE.replace('"A"', '"B"'));
  assertEquals([[...bench.feed.refused.keys()], bench.feed.trouble], [["A"], undefined]);
  assert(!bench.registry.text().includes('symbol="B"'));
  assertStringIncludes(bench.lines.join("\n"), "takes a symbol that it had refused");
});

Deno.test("a flood of errors makes few lines", async () => {
  await using bench = new Bench();
  bench.socket.open();
  for (let i = 0; i < 5000; i++) bench.socket.receive('{"type":"error","msg":"Invalid symbol B"}');
  assertEquals(bench.lines.filter((line) => line.includes("reports an error")).length, 1);
  assertEquals(bench.metric("errors_total"), 5000);
});
