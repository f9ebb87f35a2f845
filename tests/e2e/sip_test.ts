/** Candles by sale conditions on real servers: from the stream, after kills, added to a pipeline that runs, and by the batch layer. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { seededRandom } from "../../src/finnhub/random.ts";
import { Calendars } from "../../src/market/calendar/calendars.ts";
import { encodeMessage } from "../../src/market/message.ts";
import type { Trade } from "../../src/market/trade.ts";
import { integrationTest } from "../needs.ts";
import { sharedServices } from "../services/shared.ts";
import { CODES, type ExpectedSip, expectedSip } from "../sip_expected.ts";
import { Pipeline } from "./pipeline.ts";
import { runToEnd } from "./role.ts";
import { writeTopic } from "./topic.ts";

const services = await sharedServices();
const calendars = new Calendars();
const BOTH = { CANDLES: "raw,sip" };

/** Prints of US shares from 09:20 in New York on, each 4 seconds, with conditions drawn by chance. */
function prints(count: number, seed: number): Trade[] {
  const random = seededRandom(seed);
  const start = Date.parse("2026-11-24T09:20:00-05:00");
  return Array.from({ length: count }, (_, i) => ({
    symbol: i % 2 === 0 ? "AAPL" : "BRK.B",
    price: Math.round(1000 + random() * 100) / 10,
    volume: 1 + Math.floor(random() * 500),
    time: start + i * 2000,
    conditions: random() < 0.8 ? [CODES[Math.floor(random() * CODES.length)]!] : [],
  }));
}

const messagesOf = (trades: readonly Trade[]) =>
  [...Map.groupBy(trades, ({ symbol }) => symbol)].map(([symbol, own]) => ({
    symbol,
    messages: own.map((trade) => encodeMessage([trade])),
  }));

async function write(pipeline: Pipeline, trades: readonly Trade[]): Promise<void> {
  for (const { messages, symbol } of messagesOf(trades)) await writeTopic(pipeline, messages, symbol);
}

async function assertSip(pipeline: Pipeline, trades: readonly Trade[]): Promise<void> {
  const stored = await pipeline.storedWindows();
  const wanted = expectedSip(trades, calendars);
  assertEquals([...stored.keys()].filter((key) => key.includes("-sip ")).length, wanted.size);
  for (const [key, want] of wanted) {
    const { close, count, high, low, open, turnover, volume } = stored.get(key) as ExpectedSip;
    assertEquals({ close, count, high, low, open, turnover, volume }, want, key);
  }
}

integrationTest(
  "candles by sale conditions equal plain code, beside those of every print, after kills",
  async () => {
    await using pipeline = await Pipeline.setUp(services, "sip", BOTH);
    const trades = prints(2000, 3);
    for (let part = 0; part < 4; part++) {
      await write(pipeline, trades.slice(part * 500, (part + 1) * 500));
      const processor = pipeline.start("processor", ["--flush-interval", "30ms", "--fetch-bytes", "2048"]);
      // Wherever it is by then.
      await processor.says(/processor started/);
      if (part % 2 === 0) await pipeline.drained();
      processor.kill("SIGKILL");
    }
    pipeline.start("processor");
    await pipeline.drained();
    await assertSip(pipeline, trades);
    const { code, stderr, stdout } = await runToEnd(
      ["backfill", "--from", "2026-11-24", "--to", "2026-11-25", "--check"],
      pipeline.env,
    );
    assertEquals(code, 0, stdout + stderr);
  },
);

integrationTest("candles that are added begin right, and backfill makes up for those of before", async () => {
  await using pipeline = await Pipeline.setUp(services, "added");
  const trades = prints(1200, 5);
  await write(pipeline, trades.slice(0, 900));
  const before = pipeline.start("processor");
  await pipeline.drained();
  await before.stop();

  const { stdout } = await runToEnd(["setup"], { ...pipeline.env, ...BOTH });
  assertStringIncludes(stdout, "series: 5s-sip, 15s-sip, 1m-sip, 5m-sip, 1h-sip from now on");
  Object.assign(pipeline.env, BOTH);
  await write(pipeline, trades.slice(900));
  pipeline.start("processor");
  await pipeline.drained();
  const wanted = expectedSip(trades, calendars);
  const stored = await pipeline.storedWindows();
  const begun = trades[900]!.time;
  for (const [key, want] of wanted) {
    const [, interval, start] = key.split(" ");
    if (interval !== "1h-sip" && Number(start) < begun) continue;
    const found = stored.get(key);
    // The hour of the first trades had no other after the series was added.
    if (interval === "1h-sip" && found === undefined && Number(start) + 3_600_000 <= begun) continue;
    assertEquals([found?.count, found?.volume], [want.count, want.volume], key);
  }
  const repaired = await runToEnd(
    ["backfill", "--from", "2026-11-24", "--to", "2026-11-25", "--repair"],
    pipeline.env,
  );
  assertEquals(repaired.code, 0, repaired.stdout + repaired.stderr);
  await assertSip(pipeline, trades);
});

integrationTest(
  "an export has candles by sale conditions, with null where no print set a price",
  async () => {
    await using pipeline = await Pipeline.setUp(services, "sip-export", { CANDLES: "sip" });
    const trades = prints(300, 9);
    await write(pipeline, trades);
    pipeline.start("processor");
    await pipeline.drained();
    const wanted = expectedSip(trades, calendars);
    const range = ["--from", "2026-11-24", "--to", "2026-11-25"];
    for (const format of ["ndjson", "parquet", "avro", "csv"]) {
      const { code, stderr, stdout } = await runToEnd(
        ["export", "--what", "candles", "--interval", "5s", ...range, "--format", format],
        pipeline.env,
      );
      assertEquals(code, 0, stderr);
      if (format !== "ndjson") continue;
      const rows = stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
      assertEquals(rows.length, [...wanted.keys()].filter((key) => key.includes(" 5s-sip ")).length);
      for (const { close, high, low, open, start, symbol, trades: count, volume } of rows) {
        const want = wanted.get(`${symbol} 5s-sip ${start}`)!;
        assertEquals([open, high, low, close, count, volume], [
          want.open,
          want.high,
          want.low,
          want.close,
          want.count,
          want.volume,
        ]);
      }
      assert(rows.some(({ open }) => open === null));
    }
  },
);
