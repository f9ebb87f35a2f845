import { assert, assertEquals } from "@std/assert";
import type { Trade } from "../../src/market/trade.ts";
import { expectedCandles, INTERVALS } from "../expected.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { freePorts } from "../services/ports.ts";
import { RunningRole, runToEnd } from "./role.ts";

const SYMBOL = "AAPL";
const RECORDED = 1_700_000_000_000;

/** Half a minute of trades, ten a second, some of one millisecond and some equal. */
function recording(): Trade[] {
  return Array.from({ length: 300 }, (_, i) => ({
    symbol: SYMBOL,
    price: 190 + (i * 7 % 23) / 100,
    volume: i % 9,
    time: RECORDED + Math.floor(i / 2) * 200,
    conditions: i % 3 === 0 ? ["1", "12"] : ["1"],
  }));
}

type Row = Record<string, string | number | boolean | null>;

integrationTest(
  "a hole in a feed is fetched from its REST API, after which every candle is complete and as without the hole",
  async () => {
    const folder = await Deno.makeTempDir();
    const [port] = freePorts(1) as [number];
    const frames = recording().map(({ conditions, price, symbol, time, volume }) =>
      JSON.stringify({ type: "trade", data: [{ s: symbol, p: price, t: time, v: volume, c: conditions }] })
    );
    await Deno.writeTextFile(`${folder}/replay.ndjson`, frames.join("\n"));
    await using simulator = new RunningRole("simulator", [
      ...["--listen", "127.0.0.1:0", "--replay", `${folder}/replay.ndjson`, "--now"],
      ...["--hole", "5s@8s", "--ping-interval", "1s"],
    ], {});
    const [, ws, rest] = await simulator.says(/FINNHUB_WS_URL=(\S+) FINNHUB_REST_URL=(\S+)/);
    const env = { FINNHUB_API_TOKEN: "fill-secret-token", FINNHUB_REST_URL: rest! };
    const data = ["--data", `${folder}/data`];
    const exported = async (what: string, ...args: string[]): Promise<Row[]> => {
      const { code, stderr, stdout } = await runToEnd(
        ["export", ...data, "--from", "1h", "--to", "2100-01-01", "--what", what, ...args],
        { LOG_LEVEL: "error" },
      );
      assertEquals(code, 0, stderr);
      return stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
    };
    try {
      await using local = new RunningRole("local", ["--listen", `127.0.0.1:${port}`, ...data], {
        ...env,
        FINNHUB_STOCKS_TICKERS: SYMBOL,
        FINNHUB_WS_URL: ws!,
      });
      await local.http();
      await simulator.says(/the market has come to its end/, 60_000);
      await until("the gap", async () => {
        const { gaps } = await (await fetch(`http://127.0.0.1:${port}/api/gaps?symbol=${SYMBOL}`)).json();
        return gaps[0]?.to !== undefined || JSON.stringify(gaps);
      });
      assertEquals((await local.stop()).code, 0);

      const seen = (await exported("trades")).flatMap(({ data }) => data as unknown as { t: number }[]);
      const shift = seen[0]!.t - RECORDED;
      const all = recording().map((trade) => ({ ...trade, time: trade.time + shift }));
      assert(seen.length < 280 && seen.length > 150, `${seen.length} trades came`);
      const holed = await exported("candles", "--interval", "5s");
      assert(holed.some(({ complete }) => complete === false), JSON.stringify(holed));

      const fill = () => runToEnd(["backfill", "--from-feed", "--from", "1h", "--settle", "0", ...data], env);
      const { code, stderr, stdout } = await fill();
      assert(!`${stdout}${stderr}`.includes("fill-secret-token"), "the token was told");
      assert(/^1 gap\(s\) filled with \d+ trade\(s\) and 0 candle\(s\), 0 left$/m.test(stdout), stdout);
      assertEquals(code, 0, `${stdout}${stderr}`);

      const gaps = await exported("gaps");
      assertEquals(gaps.map(({ filled_from, reason }) => [reason, filled_from]), [["lost", "tick"], [
        "stopped",
        null,
      ]]);
      const stopped = Number(gaps[1]!.start);
      const expected = expectedCandles(all);
      for (const interval of ["5s", "15s", "1m", "5m", "1h"]) {
        const found = await exported("candles", "--interval", interval);
        const wanted = [...expected].filter(([name]) => name.startsWith(`${SYMBOL} ${interval} `));
        assertEquals(
          found.map(({ close, high, low, open, start, trades, volume }) => ({
            start,
            open,
            high,
            low,
            close,
            volume,
            trades,
          })),
          wanted.map(([name, { close, count, high, low, open, volume }]) => ({
            start: Number(name.split(" ")[2]),
            open,
            high,
            low,
            close,
            volume,
            trades: count,
          })).sort((a, b) => a.start - b.start),
          interval,
        );
        // But those that began before anybody followed, or in which the pipeline was stopped.
        const whole = found.filter(({ start }, i) =>
          i > 0 && Number(start) + INTERVALS[interval]! <= stopped
        );
        assertEquals(whole.filter(({ complete }) => complete !== true), [], interval);
        if (interval === "5s") assert(whole.length >= 4, `${whole.length} whole candles`);
      }
      assert(/^0 gap\(s\) filled/m.test((await fill()).stdout), "a second run finds nothing to fill");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
