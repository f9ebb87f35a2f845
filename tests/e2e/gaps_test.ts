import { assert, assertEquals } from "@std/assert";
import { CassandraMarketReader } from "../../src/cassandra/market_reader.ts";
import { completeness, gapsOf } from "../../src/market/following/completeness.ts";
import { encodeMessage } from "../../src/market/message.ts";
import { gapsCql } from "../grafana/dashboard.ts";
import { framesOf } from "../grafana/plugin.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { sharedServices } from "../services/shared.ts";
import { Pipeline } from "./pipeline.ts";
import { runToEnd } from "./role.ts";
import { readTopic, writeTopic } from "./topic.ts";

const services = await sharedServices();
const MIDNIGHT = Date.UTC(2024, 8, 1);
const MINUTE = 60_000;

integrationTest(
  "what is told of a feed is rows of Cassandra, of which the later word counts, and what is malformed a dead letter",
  async () => {
    await using pipeline = await Pipeline.setUp(services, "gaps");
    const trade = (after: number) => ({
      symbol: "A",
      price: 1,
      volume: 1,
      time: MIDNIGHT + after,
      conditions: [],
    });
    const says = (text: string) => encodeMessage([], text);
    const [lost, back] = [MIDNIGHT - 4000, MIDNIGHT + 7000];
    await writeTopic(pipeline, [
      says(`followed:${MIDNIGHT - MINUTE}:${MIDNIGHT - MINUTE}:A`),
      encodeMessage([trade(-30_000), trade(-5000)]),
      says(`followed:${MIDNIGHT - MINUTE}:${lost}:A`),
      says(`gap:${lost}::lost:A`),
      says(`gap:${lost}:${back}:lost:A`),
      says(`followed:${back}:${back}:A`),
      says(`gap:${lost}:later:lost:A`),
      encodeMessage([trade(8000), trade(12_000)]),
      says(`gap:${MIDNIGHT + MINUTE}::stopped:A`),
    ], "A");
    pipeline.start("processor");
    await pipeline.drained();

    const reader = new CassandraMarketReader(pipeline.session, Date.now);
    const spans = await reader.feedSpans("A", MIDNIGHT - 10_000, MIDNIGHT + 2 * MINUTE);
    assertEquals(gapsOf(spans), [
      { from: lost, to: back, why: "lost" },
      { from: MIDNIGHT + MINUTE, why: "stopped" },
    ]);
    const judge = completeness(spans, MIDNIGHT + 2 * MINUTE);
    const judged = [-70_000, -30_000, -5000, 5000, 10_000, MINUTE].map((after) =>
      judge(MIDNIGHT + after, MIDNIGHT + after + 5000)
    );
    assertEquals(judged, [undefined, true, false, false, true, false]);
    assertEquals(await pipeline.messages(`${pipeline.topic}.dlq`), 1);

    const range = { from: MIDNIGHT - MINUTE, to: MIDNIGHT + 5 * MINUTE };
    const [frame] = await framesOf(pipeline.session, gapsCql("A", range));
    const rows = frame!.rows.toSorted((a, b) => Number(a.time) - Number(b.time));
    assertEquals(rows, [
      { symbol: "A", time: lost, timeend: back, text: "lost" },
      // No end, as the plugin hands it on.
      { symbol: "A", time: MIDNIGHT + MINUTE, timeend: 0, text: "stopped" },
    ]);
    await fillsWithCandles(pipeline);

    const later = await framesOf(pipeline.session, gapsCql("A", { from: back, to: back + MINUTE }));
    assertEquals(later[0]!.rows.length, 2, "a gap that began before the range is shown, too");
  },
);

/** A gap of a symbol of which Finnhub has no trades, and the plan of which allows candles, is filled with those. */
async function fillsWithCandles(pipeline: Pipeline): Promise<void> {
  const symbol = "BINANCE:X";
  const trade = { symbol, price: 5, volume: 1, time: MIDNIGHT - 90_000, conditions: [] };
  await writeTopic(pipeline, [
    encodeMessage([], `followed:${MIDNIGHT - 10 * MINUTE}:${MIDNIGHT - MINUTE}:${symbol}`),
    encodeMessage([trade]),
    encodeMessage([], `gap:${MIDNIGHT - MINUTE}:${MIDNIGHT + MINUTE}:restart:${symbol}`),
    encodeMessage([], `followed:${MIDNIGHT + MINUTE}:${MIDNIGHT + MINUTE}:${symbol}`),
    encodeMessage([{ ...trade, time: MIDNIGHT + 61_000, price: 6 }]),
  ], symbol);
  await pipeline.drained();
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (!pathname.endsWith("/crypto/candle")) return new Response("", { status: 403 });
    const from = Number(searchParams.get("from"));
    const minutes = Array.from(
      { length: (Number(searchParams.get("to")) + 1 - from) / 60 },
      (_, i) => from + i * 60,
    );
    const each = (value: number) => minutes.map(() => value);
    return Response.json({ s: "ok", t: minutes, o: each(5), h: each(8), l: each(4), c: each(7), v: each(2) });
  });
  const { port } = server.addr as Deno.NetAddr;
  const env = { ...pipeline.env, FINNHUB_REST_URL: `http://127.0.0.1:${port}/api/v1` };
  const range = ["--from", "2024-08-31", "--to", "2024-09-02", "--symbols", `${symbol},A`];
  const filled = await runToEnd(["backfill", "--from-feed", "--settle", "0", ...range], env);
  // A's is of a stock, of which this plan has nothing.
  assert(
    /^1 gap\(s\) filled with 0 trade\(s\) and 6 candle\(s\), 1 left$/m.test(filled.stdout),
    filled.stdout,
  );
  assert(/^A .*: left \(Finnhub answers 403: the plan/m.test(filled.stdout), filled.stdout);
  assertEquals(filled.code, 1);
  const { stdout } = await runToEnd(["export", "--what", "candles", "--interval", "1m", ...range], env);
  const rows = stdout.trim().split("\n").map((line) => JSON.parse(line)).filter((row) =>
    row.symbol === symbol
  );
  assertEquals(
    rows.map((
      { close, complete, source, start, volume },
    ) => [start - MIDNIGHT, close, volume, complete, source]),
    [
      [-2 * MINUTE, 5, 1, true, null],
      [-MINUTE, 7, 2, true, "rest"],
      [0, 7, 2, true, "rest"],
      [MINUTE, 6, 1, true, null],
    ],
  );
  const hours = await new CassandraMarketReader(pipeline.session, Date.now)
    .fetchedCandles(symbol, "1h", MIDNIGHT - 60 * MINUTE, MIDNIGHT + 60 * MINUTE);
  assertEquals(hours.map(({ start, volume }) => [start - MIDNIGHT, volume]), [[-60 * MINUTE, 120], [0, 120]]);
}

integrationTest(
  "a hole in the feed of a producer, and its kill, are gaps of every symbol, closed by the next producer and filled on request",
  async () => {
    await using pipeline = await Pipeline.setUp(services, "gaps-feed");
    const { env } = await pipeline.simulator([
      ...["--symbols", "A,B", "--rate", "40", "--hole", "4s@6s", "--ping-interval", "1s"],
    ]);
    const producer = () => pipeline.start("producer", [], { ...env, FINNHUB_STOCKS_TICKERS: "A,B" });
    const processor = pipeline.start("processor");
    const reader = new CassandraMarketReader(pipeline.session, Date.now);
    const gaps = async (symbol: string) =>
      gapsOf(await reader.feedSpans(symbol, Date.now() - MINUTE, Date.now() + 1));
    const shape = async (symbol: string) =>
      (await gaps(symbol)).map(({ to, why }) => [why, to !== undefined]);
    const first = producer();
    for (const symbol of ["A", "B"]) {
      await until(`the gap of ${symbol}`, async () => {
        const found = JSON.stringify(await shape(symbol));
        return found === '[["lost",true]]' || found;
      });
    }
    await first.stop("SIGKILL");
    const second = producer();
    for (const symbol of ["A", "B"]) {
      await until(`the gap of ${symbol} over the kill`, async () => {
        const found = JSON.stringify(await shape(symbol));
        return found === '[["lost",true],["restart",true]]' || found;
      });
    }
    await second.stop();
    await until("the gap of the stop", async () => {
      const found = JSON.stringify(await shape("A"));
      return found === '[["lost",true],["restart",true],["stopped",false]]' || found;
    });
    const [hole, kill] = await gaps("A");
    const length = hole!.to! - hole!.from;
    assert(length > 3000 && length < 15_000, `the hole is ${length} ms long`);
    assert(kill!.from > hole!.to!);
    // Nothing but words on feeds is without trades, and every trade is stored as before.
    const messages = await readTopic(pipeline, pipeline.topic);
    assert(messages.length > 100);

    await pipeline.drained();
    await processor.stop();
    const before = (await pipeline.storedTrades()).length;
    const backfill = (...args: string[]) =>
      runToEnd(["backfill", "--from", "10m", "--settle", "0", ...args], { ...pipeline.env, ...env });
    const { code, stderr, stdout } = await backfill("--from-feed");
    assertEquals(code, 0, `${stdout}${stderr}`);
    assert(/^4 gap\(s\) filled with \d+ trade\(s\) and 0 candle\(s\), 0 left$/m.test(stdout), stdout);
    assert((await pipeline.storedTrades()).length > before + 50, stdout);
    for (const symbol of ["A", "B"]) {
      assertEquals((await gaps(symbol)).map(({ filledFrom, why }) => [why, filledFrom]), [
        ["lost", "tick"],
        ["restart", "tick"],
        ["stopped", undefined],
      ]);
    }
    assertEquals((await backfill("--check")).code, 0, "every window is that of its trades");
  },
);
