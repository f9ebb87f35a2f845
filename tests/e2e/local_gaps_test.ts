import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import type { Candle } from "../../src/market/reader.ts";
import type { Answers } from "../../src/web/dashboard/wire.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { freePorts } from "../services/ports.ts";
import { progressOnStderr } from "../services/progress.ts";
import { startBrowser } from "./browser.ts";
import { RunningRole } from "./role.ts";

const SYMBOL = "BINANCE:BTCUSDT";

/** A minute of trades, four a second. */
async function writeReplay(file: string): Promise<void> {
  const frames = Array.from({ length: 280 }, (_, i) => ({
    type: "trade",
    data: [{ s: SYMBOL, p: 60_000 + i % 7, t: 1_700_000_000_000 + i * 250, v: 1, c: null }],
  }));
  await Deno.writeTextFile(file, frames.map((frame) => JSON.stringify(frame)).join("\n"));
}

/** Pixels of the chart that have the colour of its hatching: lines half as strong, over a field of a tenth of it. */
const HATCHED = `(() => {
  const rgb = (text) => [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
  const style = getComputedStyle(document.documentElement);
  const gap = rgb(style.getPropertyValue("--gap").trim());
  const card = document.createElement("canvas").getContext("2d");
  card.fillStyle = style.getPropertyValue("--card").trim();
  const wanted = rgb(card.fillStyle).map((value, i) => {
    const field = value + (gap[i] - value) * 0.1;
    return field + (gap[i] - field) * 0.5;
  });
  let count = 0;
  for (const canvas of document.querySelectorAll("#chart canvas")) {
    if (canvas.width === 0 || canvas.height === 0) continue;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] === 255 && wanted.every((value, j) => Math.abs(data[i + j] - value) < 25)) count++;
    }
  }
  return count;
})()`;

const hatched = async (page: Page): Promise<number> => await page.evaluate(HATCHED);

integrationTest(
  "a hole in a feed is a gap of the API, candles that are not complete, and hatched on the page, by day and by night",
  async () => {
    const folder = await Deno.makeTempDir();
    const [port] = freePorts(1) as [number];
    await writeReplay(`${folder}/replay.ndjson`);
    await using simulator = new RunningRole("simulator", [
      ...["--listen", "127.0.0.1:0", "--replay", `${folder}/replay.ndjson`, "--now"],
      ...["--hole", "6s@14s", "--ping-interval", "1s"],
    ], {});
    const [, ws, rest] = await simulator.says(/FINNHUB_WS_URL=(\S+) FINNHUB_REST_URL=(\S+)/);
    await using local = new RunningRole("local", [
      ...["--listen", `127.0.0.1:${port}`, "--data", `${folder}/data`],
    ], {
      FINNHUB_API_TOKEN: "any",
      FINNHUB_STOCKS_TICKERS: SYMBOL,
      FINNHUB_WS_URL: ws!,
      FINNHUB_REST_URL: rest!,
    });
    await local.http();
    const ask = async <N extends keyof Answers>(path: N, query = ""): Promise<Answers[N]> =>
      await (await fetch(`http://127.0.0.1:${port}/api/${path}?symbol=${SYMBOL}${query}`)).json();
    await using browser = await startBrowser(progressOnStderr());
    try {
      const page = await browser.newPage({ colorScheme: "light", viewport: { width: 1200, height: 800 } });
      await page.goto(`http://127.0.0.1:${port}/#symbol=${SYMBOL}&interval=5s`);
      await page.locator("#link[data-link=live]").waitFor();
      await until("an open gap", async () => (await ask("gaps")).gaps.length === 1 || "none");
      const [open] = (await ask("gaps")).gaps;
      assertEquals([open!.to, open!.why], [undefined, "lost"]);
      await page.locator("#gap-note", { hasText: "Incomplete: trades may be missing since" }).waitFor();
      await until("hatching of the open gap", async () => (await hatched(page)) > 200 || "too few pixels");

      await until("the gap's end", async () => (await ask("gaps")).gaps[0]!.to !== undefined || "open");
      const [gap] = (await ask("gaps")).gaps;
      const length = gap!.to! - gap!.from;
      assert(length > 4000 && length < 20_000, `${length} ms`);
      const end = gap!.to! + 15_000;
      const recent = async (): Promise<Candle[]> => (await ask("candles", "&interval=5s")).candles;
      await until(
        "candles after it",
        async () => (await recent()).some(({ start }) => start > end) || "none",
      );
      const candles = (await recent()).filter(({ start }) => start < end);
      const first = candles[0]!.start;
      for (const { complete, start } of candles) {
        const touched = start < gap!.to! && start + 5000 > gap!.from;
        assertEquals(
          complete,
          start === first ? undefined : !touched,
          `${start - gap!.from} ms from the gap`,
        );
      }
      assert(candles.some(({ complete }) => complete === false));
      assert(candles.filter(({ complete }) => complete).length >= 3);

      // The newest candle is complete again, and the band stays where it was.
      await page.locator("#gap-note").waitFor({ state: "hidden" });
      await until("hatching", async () => (await hatched(page)) > 200 || "too few pixels");
      if (Deno.env.get("SCREENSHOTS")) {
        await page.screenshot({ path: `${Deno.env.get("SCREENSHOTS")}/gap-light.png` });
      }
      await page.emulateMedia({ colorScheme: "dark" });
      if (Deno.env.get("SCREENSHOTS")) {
        await page.waitForTimeout(500);
        await page.screenshot({ path: `${Deno.env.get("SCREENSHOTS")}/gap-dark.png` });
      }
      await until("hatching by night", async () => {
        const count = await hatched(page);
        return count > 200 || `${count} pixels`;
      });
      assertEquals((await ask("gaps")).gaps.length, 1, "one hole is one gap");
      assertEquals((await local.stop()).code, 0);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
