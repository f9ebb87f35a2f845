import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { seededRandom } from "../../src/finnhub/random.ts";
import type { Trade } from "../../src/market/trade.ts";
import { expectedCandles } from "../expected.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { drawnTable } from "./chart_table.ts";
import { drawnTexts, noteDrawnTexts } from "./drawn_texts.ts";
import { loaded, played, underCrosshair, withReplayPage } from "./replay_page.ts";

const START = Date.UTC(2025, 0, 15, 10);
const MINUTE = 60_000;
const SYMBOLS = ["A", "B", "X:C,1", "D", "E", "F"];

/** Half an hour; the second symbol is not traded in every minute. */
function recording(): Trade[] {
  const random = seededRandom(17);
  return Array.from({ length: 30 * 12 }, (_, i) => ({
    symbol: SYMBOLS[i % SYMBOLS.length]!,
    price: Math.round(10_000 * (1 + (i % SYMBOLS.length)) + 900 * random()) / 100,
    volume: 1,
    time: START + i * 5000,
    conditions: [],
  })).filter(({ symbol, time }) => symbol !== "B" || Math.floor(time / MINUTE) % 4 !== 0);
}

/** The close of the newest candle of a symbol that starts by then. */
function closeAt(
  candles: ReturnType<typeof expectedCandles>,
  symbol: string,
  at: number,
): number | undefined {
  for (let start = at; start >= START; start -= MINUTE) {
    const candle = candles.get(`${symbol} 1m ${start}`);
    if (candle) return candle.close;
  }
}

/** Compares what the legend says of each candle with the trades. */
async function assertCompared(page: Page, trades: readonly Trade[], symbols: string[]): Promise<void> {
  const candles = expectedCandles(trades);
  const first = Date.parse((await drawnTable(page))[1]![0]!);
  const seen = await underCrosshair(page, "#compare-legend dd");
  assert(seen.size >= 25, `${seen.size} candles under the crosshair`);
  for (const [time, texts] of seen) {
    const at = Date.parse(`${time.slice("1m from ".length).replace(" ", "T")}Z`);
    symbols.forEach((symbol, i) => {
      // Where nothing was traded before the first candle in sight, the next one is what it is compared with.
      let base: number | undefined;
      for (let start = first; base === undefined; start += MINUTE) base = closeAt(candles, symbol, start);
      const close = closeAt(candles, symbol, at);
      if (close === undefined) return assertEquals(texts[i], "–", time);
      const [, sign, value] = /^([▲▼◆]) ([\d.]+) %$/.exec(texts[i]!)!;
      const shown = Number(value) * (sign === "▼" ? -1 : 1);
      assertAlmostEquals(shown, (close / base - 1) * 100, 0.0051, `${symbol}, ${time}`);
    });
  }
}

integrationTest(
  "symbols are compared in percent of the first candle in sight, and go along with live trades",
  async () => {
    const trades = recording();
    const hash = "#symbol=A&interval=1m&compare=B%2CX%3AC%252C1%2CD";
    await withReplayPage({ trades, hash, speed: "100", prepare: noteDrawnTexts }, async ({ page }) => {
      const names = (await page.locator("#compare-legend dt").allTextContents()).map((each) => each.trim());
      assertEquals(names, ["B", "X:C,1", "D"]);
      await played(page);
      const last = trades.at(-1)!.time;
      const newest = `1m from ${new Date(last - last % MINUTE).toISOString().slice(0, 19).replace("T", " ")}`;
      await page.locator("#candle-time", { hasText: newest }).waitFor();
      const compared = () =>
        until("the others to be as they are stored", async () => {
          try {
            await assertCompared(page, trades, ["B", "X:C,1", "D"]);
            return true;
          } catch (error) {
            return String(error);
          }
        });
      await compared();
      assert((await drawnTexts(page)).some((text) => text.endsWith("%")), "the axis is in percent");
      // As history, which was asked for, it is the same.
      await page.reload();
      await loaded(page);
      await compared();
    });
  },
);

integrationTest(
  "up to four symbols are chosen to compare, the scale of before comes back, and the address has both",
  async () => {
    await withReplayPage({
      trades: recording(),
      hash: "#symbol=A&interval=1m&scale=log",
      prepare: noteDrawnTexts,
    }, async ({ page }) => {
      await played(page);
      assertEquals(await page.textContent("#scale"), "Log");
      await page.locator(".row").nth(SYMBOLS.length - 1).waitFor();
      await page.locator("#compare").click();
      const select = page.locator("#compare-symbol");
      for (const symbol of ["B", "X:C,1", "D", "E"]) await select.selectOption(symbol);
      assert(await select.isDisabled(), "four are enough");
      assertEquals(await page.locator("#compare-legend div").count(), 4);
      assertEquals(
        new URL(page.url()).hash,
        "#symbol=A&interval=1m&compare=B%2CX%3AC%252C1%2CD%2CE&scale=log",
      );
      // One of them is shown by itself: it is compared with no line of its own.
      await page.keyboard.press("Escape");
      await page.locator('.row[data-symbol="E"]').click();
      await loaded(page);
      assertEquals(await page.locator("#compare-legend div").count(), 3);
      await page.locator('.row[data-symbol="A"]').click();
      await loaded(page);
      assertEquals(await page.locator("#compare-legend div").count(), 4);
      await page.locator("#compare").click();
      for (const symbol of ["B", "X:C,1", "D", "E"]) {
        await page.getByLabel(`Remove ${symbol}`, { exact: true }).click();
      }
      await page.keyboard.press("Escape");
      assert(await page.locator("#compare-legend").isHidden());
      await drawnTexts(page);
      const box = (await page.locator("#chart").boundingBox())!;
      await until("prices on the axis", async () => {
        await page.mouse.move(box.x + 100 + 50 * Math.random(), box.y + 100);
        const texts = await drawnTexts(page);
        assert(!texts.some((text) => text.endsWith("%")), `${texts}`);
        return texts.some((text) => /^1\d\d\.\d\d$/.test(text)) || `${texts}`;
      });
      assertEquals(new URL(page.url()).hash, "#symbol=A&interval=1m&scale=log");
    });
  },
);

integrationTest("the chart takes the whole screen, with its tools and menus, and gives it back", async () => {
  await withReplayPage({ trades: recording(), hash: "#symbol=A&interval=1m" }, async ({ page }) => {
    const button = page.locator("#full-screen");
    const before = (await page.locator("#chart").boundingBox())!;
    await button.click();
    await page.locator("#full-screen[aria-pressed=true]").waitFor();
    assertEquals(await page.evaluate("document.fullscreenElement?.id"), "chosen-card");
    await until("a larger chart", async () => {
      const { height, width } = (await page.locator("#chart").boundingBox())!;
      return (width > before.width + 300 && height > before.height) || `${width} × ${height}`;
    });
    await page.locator("#indicators").click();
    await page.locator("#indicator-kinds button").first().click();
    assert(await page.locator("#indicator-legend").isVisible());
    await page.keyboard.press("Escape");
    await button.click();
    await page.locator("#full-screen[aria-pressed=false]").waitFor();
    assertEquals(await page.evaluate("document.fullscreenElement"), null);
  });
});
