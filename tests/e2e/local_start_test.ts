import { assert, assertEquals } from "@std/assert";
import { instrumentOf } from "../../src/finnhub/simulator/instruments.ts";
import type { Candle } from "../../src/market/reader.ts";
import { CANDLES, INTERVALS } from "../../src/market/series.ts";
import { integrationTest } from "../needs.ts";
import { progressOnStderr } from "../services/progress.ts";
import { until } from "../services/until.ts";
import { startBrowser } from "./browser.ts";
import { RunningRole } from "./role.ts";

const say = progressOnStderr();
const start = (args: string[] = [], env: Record<string, string> = {}) =>
  new RunningRole("local", ["--listen", "127.0.0.1:0", ...args], { FINNHUB_API_TOKEN: "", ...env });
const addressOf = async (role: RunningRole) => (await role.says(/the live page is at (\S+)/))[1]!;
const candlesOf = async (url: string, symbol: string, interval: string): Promise<Candle[]> => {
  const query = new URLSearchParams({ symbol, interval, limit: "400" });
  return (await (await fetch(`${url}/api/candles?${query}`)).json()).candles;
};
const symbolsOf = async (url: string): Promise<string[]> =>
  (await (await fetch(`${url}/api/symbols`)).json()).symbols.map(({ symbol }: { symbol: string }) => symbol);

integrationTest(
  "local: a simulated market begins with full charts of every interval, in a second",
  async () => {
    const began = performance.now();
    await using role = start();
    const url = await addressOf(role);
    const shown = new Map<string, Candle[]>();
    for (const interval of INTERVALS) shown.set(interval, await candlesOf(url, "AAPL", interval));
    const ms = performance.now() - began;
    const cpu = await role.cpuMs();
    say(`full charts ${ms.toFixed(0)} ms after the start, ${cpu} ms of the processor`);
    for (const { lengthMs, name } of CANDLES) {
      const candles = shown.get(name)!;
      const gap = candles.findLastIndex(({ start }, i) =>
        i > 0 && start - candles[i - 1]!.start !== lengthMs
      );
      const screen = Math.min(95, 6 * 3_600_000 / lengthMs - 1);
      const full = candles.length - Math.max(0, gap);
      assert(full >= screen, `${name}: ${full} candles without a gap`);
    }
    // By the processor's time: others may use the machine, too. In peace it is the time that passes.
    assert(cpu < 2000, `it took ${cpu} ms of the processor`);
  },
);

integrationTest(
  "local: live trades go on where the past ends, without a gap and without a jump",
  async () => {
    await using role = start();
    const url = await addressOf(role);
    const began = Date.now();
    await until("live candles", async () => {
      const { start } = (await candlesOf(url, "BINANCE:BTCUSDT", "5s")).at(-1)!;
      return start > began + 8000 || `${start - began} ms of them`;
    });
    const symbols = await symbolsOf(url);
    assert(symbols.length >= 20, `${symbols.length} symbols`);
    for (const symbol of symbols) {
      const candles = (await candlesOf(url, symbol, "5s")).slice(-60);
      const { price, spread, tick } = instrumentOf(symbol, 1);
      for (const [i, { high, low, open, start, vwap }] of candles.entries()) {
        assert(vwap === undefined || (vwap >= low && vwap <= high), symbol);
        const before = candles[i - 1];
        if (before === undefined) {
          continue;
        }
        assert(start - before.start <= 15_000, `${symbol} has a gap of ${start - before.start} ms`);
        const jump = Math.abs(open - before.close);
        assert(jump <= spread * tick + 0.004 * price, `${symbol} jumps from ${before.close} to ${open}`);
      }
    }
  },
);

integrationTest("local: a folder gets a past once, and a restart goes on from its prices", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const first = start(["--data", folder]);
    const url = await addressOf(first);
    const [oldest] = await candlesOf(url, "BINANCE:BTCUSDT", "1h");
    const last = (await candlesOf(url, "BINANCE:BTCUSDT", "5s")).at(-1)!;
    assertEquals((await first.stop()).code, 0);
    assert(first.stderr.includes("begins with a past"));

    await using second = start(["--data", folder, "--seed", "2"]);
    const again = await addressOf(second);
    await until("a live trade", async () => {
      const newest = (await candlesOf(again, "BINANCE:BTCUSDT", "5s")).at(-1)!;
      return newest.start > last.start ? true : "none yet";
    });
    assert(!second.stderr.includes("begins with a past"), "the past was made twice");
    assertEquals((await candlesOf(again, "BINANCE:BTCUSDT", "1h"))[0]!.start, oldest!.start);
    const newest = (await candlesOf(again, "BINANCE:BTCUSDT", "5s")).at(-1)!;
    assert(Math.abs(newest.open / last.close - 1) < 0.01, `from ${last.close} to ${newest.open}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

integrationTest(
  "local: there is no made past with a token, with a recording, or where none is wanted",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const frame = {
        type: "trade",
        data: [{ s: "AAPL", p: 200, t: Date.UTC(2025, 0, 2, 15), v: 1, c: [] }],
      };
      await Deno.writeTextFile(`${folder}/replay.ndjson`, JSON.stringify(frame));
      const token = { FINNHUB_API_TOKEN: "any", FINNHUB_WS_URL: "ws://127.0.0.1:1" };
      for (const [args, env] of [[["--replay", `${folder}/replay.ndjson`], {}], [[], token]] as const) {
        await using role = start([...args], env);
        const url = await addressOf(role);
        const candles = await candlesOf(url, "AAPL", "1m");
        assert(candles.length <= 1, `${candles.length} candles`);
        assert(!role.stderr.includes("begins with a past"));
      }
      await using without = start(["--history", "0"]);
      assert((await candlesOf(await addressOf(without), "AAPL", "1m")).length <= 1);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

integrationTest("local: the page answers under its own names alone", async () => {
  await using role = start(["--allow-host", "page.example"]);
  const url = new URL(await addressOf(role));
  const statusOf = async (host: string, path = "/api/symbols") => {
    using wire = await Deno.connect({ hostname: url.hostname, port: Number(url.port) });
    await wire.write(
      new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    );
    const bytes = new Uint8Array(100);
    const length = await wire.read(bytes) ?? 0;
    return Number(new TextDecoder().decode(bytes.subarray(0, length)).split(" ")[1]);
  };
  for (const host of ["evil.example", `evil.example:${url.port}`, "localhost.evil.example", "10.1.2.3"]) {
    assertEquals([await statusOf(host), await statusOf(host, "/")], [421, 421], host);
  }
  for (const host of [url.host, `localhost:${url.port}`, "page.example"]) {
    assertEquals([await statusOf(host), await statusOf(host, "/")], [200, 200], host);
  }
});

integrationTest("local: the page shows a full chart at once, and says that it is simulated", async () => {
  await using role = start();
  const url = await addressOf(role);
  await using browser = await startBrowser(say);
  const page = await browser.newPage();
  const began = performance.now();
  await page.goto(`${url}/#symbol=AAPL&interval=1m`);
  await page.locator("#chosen-card:not([aria-busy])").waitFor();
  say(`the chart is there ${(performance.now() - began).toFixed(0)} ms after the page was asked for`);
  assertEquals(await page.locator(".row").count(), 20);
  await page.locator("#tape tr").nth(39).waitFor();
  assertEquals(await page.locator("#tape tr").count(), 40);
  await page.locator("#feed", { hasText: "simulated market" }).waitFor();
  assert(await page.locator("#made-up").isVisible());
});
