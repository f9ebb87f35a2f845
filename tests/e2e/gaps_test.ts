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
    const later = await framesOf(pipeline.session, gapsCql("A", { from: back, to: back + MINUTE }));
    assertEquals(later[0]!.rows.length, 2, "a gap that began before the range is shown, too");
  },
);

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
    assert(/^4 gap\(s\) filled with \d+ trade\(s\), 0 left$/m.test(stdout), stdout);
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
