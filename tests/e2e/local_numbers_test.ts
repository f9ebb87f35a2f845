import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { progressOnStderr } from "../services/progress.ts";
import { startBrowser } from "./browser.ts";
import { drawnTexts, noteDrawnTexts } from "./drawn_texts.ts";
import { RunningRole } from "./role.ts";

const START = Date.UTC(2025, 0, 31, 12);

/** Prices of each symbol, walked through again and again, and the decimals that they need. */
const MARKET: Record<string, { prices: number[]; decimals: number }> = {
  "BINANCE:SHIBUSDT": { prices: [0.00000851, 0.00000852, 0.0000085, 0.00000849], decimals: 8 },
  "OANDA:EUR_USD": { prices: [1.15842, 1.1584, 1.15851, 1.15838], decimals: 5 },
  AAPL: { prices: [42.26, 42.3, 42, 42.27], decimals: 2 },
  "BINANCE:BTCUSDT": { prices: [87_310.25, 87_311, 87_309.5], decimals: 2 },
  FLAT: { prices: [42.26], decimals: 2 },
  "X:TINY": { prices: [1e-9, 3e-9, 2e-9], decimals: 9 },
  // Two volumes of which the sum is beyond all numbers.
  "X:ENDLESS": { prices: [5.25], decimals: 2 },
};

function frames(): string {
  return Array.from({ length: 240 }, (_, i) => {
    const data = Object.entries(MARKET).map(([s, { prices }]) => ({
      s,
      p: prices[i % prices.length],
      t: START + i * 500,
      v: s === "X:ENDLESS" ? 1e308 : 0.1 + (i % 7) / 10,
      c: null,
    }));
    return JSON.stringify({ type: "trade", data });
  }).join("\n");
}

const decimalsIn = (text: string): number => /\.(\d+)/.exec(text)?.[1]?.length ?? 0;

async function open(work: (page: Page, wrong: string[]) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/replay.ndjson`, frames());
    await using role = new RunningRole(
      "local",
      ["--listen", "127.0.0.1:0", "--replay", `${folder}/replay.ndjson`, "--speed", "max"],
      { FINNHUB_API_TOKEN: "" },
    );
    const [, url] = await role.says(/the live page is at (\S+)/);
    await using browser = await startBrowser(progressOnStderr());
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const wrong: string[] = [];
    page.on("pageerror", (error) => wrong.push(String(error)));
    await noteDrawnTexts(page);
    await page.goto(`${url}/#symbol=AAPL&interval=5s`);
    await until("every row", async () => {
      const count = await page.locator(".row").count();
      return count === Object.keys(MARKET).length || `${count} rows`;
    });
    await work(page, wrong);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

integrationTest("numbers on the page have their symbol's decimals, the same everywhere", async (t) => {
  await open(async (page, wrong) => {
    for (const [symbol, { decimals, prices }] of Object.entries(MARKET)) {
      await t.step(symbol, async () => {
        await page.locator(`.row[data-symbol="${symbol}"]`).click();
        await page.locator("#chosen-card:not([aria-busy])").waitFor();
        await page.locator("#tape tr").nth(39).waitFor();
        const texts = async (selector: string) => await page.locator(selector).allTextContents();
        const own = `.row[data-symbol="${symbol}"] .last`;
        const wanted = new Set([decimals]);
        for (const place of [own, "#price", "#open", "#high", "#low", "#close", "#vwap", "#average"]) {
          if (symbol === "X:ENDLESS" && (place === "#vwap" || place === "#average")) continue;
          assertEquals(new Set((await texts(place)).map(decimalsIn)), wanted, place);
        }
        const tape = (await texts("#tape td:nth-child(2)")).map((text) => text.replace(/^[▲▼] /, ""));
        assertEquals(new Set(tape.map(decimalsIn)), wanted, "tape");
        const shown = tape.map((text) => Number(text.replaceAll(",", "")));
        assert(shown.every((price) => prices.includes(price)), `${shown}`);
        if (symbol !== "X:ENDLESS") {
          const volumes = new Set((await texts("#tape td:nth-child(3)")).map(decimalsIn));
          assertEquals(volumes, new Set([1]), "volumes");
        }
        assertEquals(decimalsIn(await page.title()), decimals, "title");
      });
    }
    assertEquals(await page.locator('.row[data-symbol="BINANCE:BTCUSDT"] .last').textContent(), "87,309.50");
    assertEquals(wrong, []);
  });
});

integrationTest("the axis has the same decimals, and a flat price is a flat line on it", async () => {
  await open(async (page) => {
    for (const [symbol, { decimals }] of Object.entries(MARKET)) {
      await drawnTexts(page);
      await page.locator(`.row[data-symbol="${symbol}"]`).click();
      await page.locator("#chosen-card:not([aria-busy])").waitFor();
      const box = (await page.locator("#chart").boundingBox())!;
      // What was drawn before is of another symbol.
      await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
      await drawnTexts(page);
      let [prices, x]: [string[], number] = [[], 0];
      await until(`prices on the axis of ${symbol}`, async () => {
        await page.mouse.move(box.x + 100 + (x += 10), box.y + 100);
        prices = (await drawnTexts(page)).filter((text) => /^[\d,]+\.\d+$/.test(text));
        return prices.length >= 3 || `${prices}`;
      });
      assertEquals(new Set(prices.map(decimalsIn)), new Set([decimals]), `${symbol}: ${prices}`);
      if (symbol !== "FLAT") continue;
      const values = prices.map(Number);
      assert(Math.max(...values) - Math.min(...values) >= 0.05, `${prices}`);
    }
  });
});

integrationTest("the 15 s mean is that under the crosshair, and is gone where no line is", async () => {
  await open(async (page) => {
    await page.locator("#chosen-card:not([aria-busy])").waitFor();
    const box = (await page.locator("#chart").boundingBox())!;
    const seen = new Map<string, string>();
    for (let x = 0.5; x < 0.9; x += 0.02) {
      await page.mouse.move(box.x + box.width * x, box.y + box.height / 2);
      const [time, mean] = await Promise.all(
        ["candle-time", "average"].map((id) => page.textContent(`#${id}`)),
      );
      seen.set(time!, mean!);
    }
    const averages: { end: number; vwap: number }[] = await page.evaluate(
      "fetch('api/averages?symbol=AAPL&limit=400').then((answer) => answer.json()).then(({ averages }) => averages)",
    );
    const byEnd = new Map<string, number>(averages.map(({ end, vwap }) => [
      `5s from ${new Date(end).toISOString().slice(0, 19).replace("T", " ")}`,
      vwap,
    ]));
    assert(seen.size >= 5, `${seen.size} candles under the crosshair`);
    for (const [time, mean] of seen) {
      const wanted = byEnd.get(time);
      assertEquals(mean, wanted === undefined ? "–" : wanted.toFixed(2), time);
    }
    await page.keyboard.press("3");
    await page.locator("#chosen-card:not([aria-busy])").waitFor();
    assert(await page.locator("#average-part").isHidden());
  });
});

integrationTest("what is wrong with one symbol hurts no other's row", async () => {
  await open(async (page, wrong) => {
    const volume = page.locator('.row[data-symbol="X:ENDLESS"] .more');
    await until("the endless volume to be none", async () => {
      const text = (await volume.textContent()) ?? "";
      return text.startsWith("–") || text;
    });
    for (const symbol of Object.keys(MARKET)) {
      const text = await page.locator(`.row[data-symbol="${symbol}"] .last`).textContent();
      assert(/^[\d,]+\.\d+$/.test(text ?? ""), `${symbol}: ${text}`);
    }
    await page.locator('.row[data-symbol="X:ENDLESS"]').click();
    await page.locator("#tape tr").nth(39).waitFor();
    assertEquals(await page.locator("#close").textContent(), "5.25");
    assertEquals(wrong, []);
  });
});
