import { assertAlmostEquals, assertEquals } from "@std/assert";
import { seededRandom } from "../../src/finnhub/random.ts";
import type { Average, Candle, SeenTrade } from "../../src/market/reader.ts";
import type { Trade } from "../../src/market/trade.ts";
import { expectedAverages, expectedCandles } from "../expected.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { freePorts } from "../services/ports.ts";
import { sharedServices } from "../services/shared.ts";
import { Pipeline } from "./pipeline.ts";

const services = await sharedServices();

/** Over the end of a month, which is the end of a day and of an hour too. */
const START = Date.UTC(2024, 1, 29, 23, 57);

function recording(): Trade[] {
  const random = seededRandom(3);
  return Array.from({ length: 600 }, (_, i) => ({
    symbol: i % 3 === 0 ? "A" : "X:B",
    price: Math.round(random() * 100_000) / 100,
    volume: random() < 0.1 ? 0 : Math.ceil(random() * 500) / 100,
    time: START + i * 600,
    conditions: i % 2 === 0 ? [] : ["1", "12"],
  }));
}

/** What server-sent events of one name brought so far. */
async function follow(
  url: string,
  signal: AbortSignal,
  take: (event: string, data: string) => void,
): Promise<void> {
  const response = await fetch(url, { signal });
  let rest = "";
  try {
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      const events = (rest + text).split("\n\n");
      rest = events.pop()!;
      for (const event of events) {
        const match = /^event: (\w+)\ndata: (.*)$/m.exec(event);
        if (match) take(match[1]!, match[2]!);
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

integrationTest(
  "dashboard: history over a month's end from Cassandra, live trades from Kafka, nothing written",
  async () => {
    const trades = recording();
    const folder = await Deno.makeTempDir();
    const file = `${folder}/replay.ndjson`;
    const frames = trades.map(({ conditions: c, price: p, symbol: s, time: t, volume: v }) =>
      JSON.stringify({ type: "trade", data: [{ s, p, t, v, c }] })
    );
    await Deno.writeTextFile(file, frames.join("\n"));
    await using pipeline = await Pipeline.setUp(services, "dashboard");
    const stop = new AbortController();
    try {
      const [port] = freePorts(1) as [number];
      const dashboard = pipeline.start("dashboard", [
        "--listen",
        "127.0.0.1:0",
        "--producer-url",
        `http://127.0.0.1:${port}`,
      ]);
      const url = await dashboard.http();
      await until("the dashboard to be ready", async () => {
        const { status, text } = await dashboard.readiness();
        return status === 200 ? true : text;
      });
      const seen: SeenTrade[] = [];
      let panel: { lag?: number; deadLetters?: number; connected?: boolean; gapSeconds?: number } = {};
      let heard = false;
      const following = follow(`${url}/api/stream?symbol=A&interval=1m`, stop.signal, (event, data) => {
        if (event === "tick") seen.push(...(JSON.parse(data).chosen?.trades ?? []));
        else panel = JSON.parse(data);
        heard = true;
      });
      // Trades that come before the stream opens are history, and no part of it.
      await until("the stream to open", () => Promise.resolve(heard || "nothing came"));

      pipeline.start("processor");
      const simulator = await pipeline.simulator(["--replay", file, "--speed", "100"]);
      const producer = pipeline.start(
        "producer",
        ["--tickers", "A,X:B", "--http-listen", `127.0.0.1:${port}`],
        simulator.env,
      );
      const own = trades.filter(({ symbol }) => symbol === "A");
      await until("all trades of the symbol to come live", () => {
        return Promise.resolve(seen.length >= own.length ? true : `${seen.length} of ${own.length}`);
      });
      assertEquals(seen, own);
      await pipeline.drained();

      const ask = async (path: string) => {
        const response = await fetch(`${url}/api/${path}`);
        assertEquals(response.status, 200, path);
        return await response.json();
      };
      for (const symbol of ["A", "X:B"]) {
        const mine = trades.filter((trade) => trade.symbol === symbol);
        const query = `symbol=${encodeURIComponent(symbol)}`;
        const expected = expectedCandles(mine);
        for (const interval of ["5s", "15s", "1m", "5m", "1h"]) {
          const { candles } = await ask(`candles?${query}&interval=${interval}&limit=2000`) as {
            candles: Candle[];
          };
          const count = [...expected.keys()].filter((key) => key.startsWith(`${symbol} ${interval} `)).length;
          assertEquals(candles.length, count, interval);
          for (const { close, high, low, open, start, trades, volume } of candles) {
            const right = expected.get(`${symbol} ${interval} ${start}`)!;
            assertEquals([open, high, low, close, trades], [
              right.open,
              right.high,
              right.low,
              right.close,
              right.count,
            ]);
            assertAlmostEquals(volume, right.volume, 1e-9);
          }
          assertEquals(
            candles.map(({ start }) => start),
            candles.map(({ start }) => start).toSorted((a, b) => a - b),
          );
        }
        const { averages } = await ask(`averages?${query}&limit=30`) as { averages: Average[] };
        const means = expectedAverages(mine);
        assertEquals(averages.length, 30);
        for (const { end, trades } of averages) {
          assertEquals(
            trades,
            means.get(`${symbol} average ${end}`)!.count,
          );
        }
        const { trades: stored } = await ask(`trades?${query}&limit=500`) as { trades: SeenTrade[] };
        assertEquals(stored, mine.toReversed());
      }
      const { symbols } = await ask("symbols");
      assertEquals(symbols.map(({ symbol }: { symbol: string }) => symbol).toSorted(), ["A", "X:B"]);
      const shows = (what: string, right: () => boolean) =>
        until(`the panel to show ${what}`, () => Promise.resolve(right() || JSON.stringify(panel)));
      await shows("the lag", () => panel.lag === 0 && panel.deadLetters === 0);
      await shows("the feed", () => panel.connected === true && panel.gapSeconds === 0);
      await producer.stop();
      await shows("that nothing is known of the feed", () => panel.connected === undefined);

      // One that starts when the market is quiet shows its end too.
      const later = await pipeline.start("dashboard", ["--listen", "127.0.0.1:0"]).http();
      await until("the later dashboard to know the symbols", async () => {
        const { symbols } = await (await fetch(`${later}/api/symbols`)).json();
        return symbols.length === 2 || `${symbols.length}`;
      });
      const recent = await (await fetch(`${later}/api/trades?symbol=A&limit=500`)).json();
      assertEquals(recent.trades, own.toReversed());
      const { candles } = await (await fetch(`${later}/api/candles?symbol=A&interval=5s&limit=1`)).json();
      assertEquals(candles[0].start, Math.floor(own.at(-1)!.time / 5000) * 5000);

      stop.abort();
      await following;
      assertEquals((await dashboard.stop()).code, 0);
      const admin = await pipeline.admin();
      const { groups } = await admin.listGroups();
      for (
        const { groupId } of groups.filter(({ groupId }) => groupId.startsWith("finnhub-pipe-dashboard-"))
      ) {
        const [offsets] = await admin.fetchOffsets({ groupId, topics: [pipeline.topic] });
        assertEquals(offsets!.partitions.filter(({ offset }) => offset !== "-1"), []);
      }
    } finally {
      stop.abort();
      await Deno.remove(folder, { recursive: true });
    }
  },
);
