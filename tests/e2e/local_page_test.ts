import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { seededRandom } from "../../src/finnhub/random.ts";
import type { Trade } from "../../src/market/trade.ts";
import { expectedAverages, expectedCandles } from "../expected.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { freePorts } from "../services/ports.ts";
import { progressOnStderr } from "../services/progress.ts";
import { startBrowser } from "./browser.ts";
import { RunningRole } from "./role.ts";

const START = Date.UTC(2025, 0, 31, 23, 58, 2);
const SYMBOLS = ["BINANCE:BTCUSDT", "AAPL"];

/** Four minutes of trades over the end of a month. */
function recording(seed: number, from: number): Trade[] {
  const random = seededRandom(seed);
  return Array.from({ length: 480 }, (_, i) => ({
    symbol: SYMBOLS[i % 2]!,
    price: Math.round((i % 2 === 0 ? 60_000 : 200) * (1 + 0.002 * random()) * 100) / 100,
    volume: Math.ceil(random() * 500) / 100,
    time: from + i * 500,
    conditions: i % 2 === 0 ? [] : ["1", "12"],
  }));
}

async function writeReplay(file: string, trades: readonly Trade[]): Promise<void> {
  const frames = trades.map(({ conditions, price, symbol, time, volume }) =>
    JSON.stringify({ type: "trade", data: [{ s: symbol, p: price, t: time, v: volume, c: conditions }] })
  );
  await Deno.writeTextFile(file, frames.join("\n"));
}

interface Local {
  folder: string;
  port: number;
  start(replay?: readonly Trade[]): Promise<RunningRole>;
}

async function withLocal(work: (local: Local) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const [port] = freePorts(1) as [number];
  let role: RunningRole | undefined;
  const start = async (replay?: readonly Trade[]) => {
    const args = ["--listen", `127.0.0.1:${port}`, "--data", `${folder}/data`];
    if (replay) await writeReplay(`${folder}/replay.ndjson`, replay);
    if (replay) args.push("--replay", `${folder}/replay.ndjson`, "--speed", "max");
    role = new RunningRole("local", args, { FINNHUB_API_TOKEN: "" });
    await role.http();
    return role;
  };
  try {
    await work({ folder, port, start });
  } finally {
    await role?.stop("SIGKILL");
    await Deno.remove(folder, { recursive: true });
  }
}

/** A page, with what went wrong on it and what it asked of others. */
async function open(browser: Browser, port: number, hash = "", options: BrowserContextOptions = {}) {
  const origin = `http://127.0.0.1:${port}`;
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") wrong.push(message.text());
  });
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(origin)) wrong.push(`asked for ${request.url()}`);
  });
  await page.goto(`${origin}/${hash}`);
  await page.locator("#link[data-link=live]").waitFor();
  return { page, wrong, [Symbol.asyncDispose]: () => context.close() };
}

/** Keeps a picture for people when SCREENSHOTS names a folder. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("SCREENSHOTS");
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

const textOf = async (page: Page, id: string) => (await page.locator(`#${id}`).textContent()) ?? "";
const numberOf = async (page: Page, id: string) =>
  Number((await textOf(page, id)).replaceAll(/[^0-9.-]/g, ""));

/** Waits until the legend shows the newest candle of these trades, and compares every number of it. */
async function assertShown(page: Page, trades: readonly Trade[], symbol: string, interval: string) {
  const own = trades.filter((trade) => trade.symbol === symbol);
  const newest = own.at(-1)!;
  const candles = [...expectedCandles(own)].filter(([key]) => key.startsWith(`${symbol} ${interval} `));
  const [key, candle] = candles.sort(([a], [b]) => a < b ? -1 : 1).at(-1)!;
  const start = Number(key.split(" ").at(-1));
  const label = `${interval} from ${new Date(start).toISOString().slice(0, 19).replace("T", " ")}`;
  await until(`the legend to show ${label} with ${candle.count} trades`, async () => {
    const shown = `${await textOf(page, "candle-time")} with ${await textOf(page, "trades")}`;
    return shown === `${label} with ${candle.count}` ? true : shown;
  }, { deadline: 15_000 });
  for (const name of ["open", "high", "low", "close"] as const) {
    assertEquals(await numberOf(page, name), candle[name], name);
  }
  assertAlmostEquals(await numberOf(page, "volume"), candle.volume, 1e-3);
  assertAlmostEquals(await numberOf(page, "vwap"), candle.turnover / candle.volume, 0.0051);
  await until("the headline to show the last price", async () => {
    const price = await numberOf(page, "price");
    return price === newest.price ? true : `${price}, not ${newest.price}`;
  }, { deadline: 15_000 });
  const prices = own.slice(-40).map(({ price }) => price).reverse();
  await until("the tape to show the last trades", async () => {
    const rows = await page.locator("#tape tr td:nth-child(2)").allTextContents();
    const shown = rows.map((text) => Number(text.replaceAll(/[^0-9.]/g, "")));
    return shown.join() === prices.join() ? true : `it shows ${shown}, not ${prices}`;
  }, { deadline: 15_000 });
  return own;
}

integrationTest("the live page in a browser", async (t) => {
  const browser = await startBrowser(progressOnStderr());
  try {
    await steps(t, browser);
  } finally {
    await browser.close();
  }
});

async function steps(t: Deno.TestContext, browser: Browser): Promise<void> {
  await t.step(
    "the numbers of a known replay, every interval; after a restart with more trades too",
    async () => {
      await withLocal(async ({ port, start }) => {
        const first = recording(1, START);
        const role = await start(first);
        await using opened = await open(browser, port, `#symbol=AAPL&interval=1m`);
        const { page, wrong } = opened;
        const own = await assertShown(page, first, "AAPL", "1m");
        assertEquals(await page.locator("#tape tr").first().locator("td").last().textContent(), "1, 12");
        const row = page.locator(".row[data-symbol=AAPL]");
        const volume = own.reduce((sum, trade) => sum + trade.volume, 0);
        await until("the watch-list to show the day", async () => {
          const text = (await row.locator(".more").textContent()) ?? "";
          return Math.abs(parseFloat(text) - volume) < 0.01 ? true : `${text}, not ${volume}`;
        }, { deadline: 15_000 });
        const change = own.at(-1)!.price / own[0]!.price - 1;
        const shown = (await row.locator(".change").textContent()) ?? "";
        assertEquals(shown, `${change > 0 ? "▲" : "▼"} ${Math.abs(change * 100).toFixed(2)} %`);
        await picture(page, "live-1m");
        for (const [key, interval] of [["2", "15s"], ["4", "5m"], ["6", "1h"], ["1", "5s"]] as const) {
          await page.keyboard.press(key);
          await assertShown(page, first, "AAPL", interval);
          assertEquals(await page.locator("#average-part").isVisible(), interval === "5s");
        }
        const averages = [...expectedAverages(own)].filter(([key]) =>
          Number(key.split(" ").at(-1)) <= own.at(-1)!.time
        );
        const { turnover, volume: lastVolume } = averages.at(-1)![1];
        await until("the newest running average", async () => {
          const text = await numberOf(page, "average");
          return Math.abs(text - turnover / lastVolume) < 0.0051 ? true : String(text);
        }, { deadline: 10_000 });
        await page.keyboard.press("j");
        await page.keyboard.press("3");
        await assertShown(page, first, "BINANCE:BTCUSDT", "1m");
        assertEquals(wrong, []);

        assertEquals((await role.stop()).code, 0);
        await page.locator("#link[data-link=lost]").waitFor();
        await picture(page, "live-lost");
        const second = recording(2, START + 240_000);
        await start(second);
        await page.locator("#link[data-link=live]").waitFor();
        await assertShown(page, [...first, ...second], "BINANCE:BTCUSDT", "1m");
        await page.keyboard.press("6");
        await assertShown(page, [...first, ...second], "BINANCE:BTCUSDT", "1h");
      });
    },
  );

  await t.step("fits a phone of 360 pixels, dark, and draws in colours that differ", async () => {
    await withLocal(async ({ port, start }) => {
      await start();
      const options = { viewport: { width: 360, height: 740 }, colorScheme: "dark" } as const;
      await using opened = await open(browser, port, "", options);
      const { page, wrong } = opened;
      await page.locator("#tape tr").nth(20).waitFor();
      const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
      assertEquals(await page.evaluate(overflow), 0);
      assertEquals(
        await page.evaluate("getComputedStyle(document.body).backgroundColor"),
        "rgb(14, 23, 29)",
      );
      assert(await page.locator("#tv-attr-logo").isVisible());
      await picture(page, "live-phone-dark");
      assertEquals(wrong, []);
    });
  });

  await t.step("is used by keyboard: filter, choose, walk, change the interval", async () => {
    await withLocal(async ({ port, start }) => {
      await start();
      await using opened = await open(browser, port);
      const { page, wrong } = opened;
      await page.locator(".row").nth(3).waitFor();
      await page.keyboard.press("/");
      await page.keyboard.type("eth");
      assertEquals(await page.locator(".row:visible").count(), 1);
      await page.keyboard.press("Enter");
      await page.keyboard.press("Escape");
      assertEquals(await textOf(page, "chosen"), "BINANCE:ETHUSDT");
      await page.keyboard.press("ArrowDown");
      assertEquals(await textOf(page, "chosen"), "BINANCE:LTCUSDT");
      await page.keyboard.press("3");
      assertEquals(await page.locator("#intervals [aria-checked=true]").textContent(), "1m");
      assert(page.url().endsWith("#symbol=BINANCE%3ALTCUSDT&interval=1m"));
      assertEquals(wrong, []);
    });
  });
}
