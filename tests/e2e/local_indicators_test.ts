import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { seededRandom } from "../../src/finnhub/random.ts";
import type { Trade } from "../../src/market/trade.ts";
import { expectedCandles, type ExpectedWindow } from "../expected.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { loaded, played, underCrosshair, withReplayPage } from "./replay_page.ts";

/** Half an hour around midnight in New York: a session of stocks ends in it. */
const MIDNIGHT = Date.UTC(2025, 0, 15, 5);
const MINUTE = 60_000;

function recording(): Trade[] {
  const random = seededRandom(14);
  return Array.from({ length: 30 * 12 }, (_, i) => ({
    symbol: "A",
    price: Math.round(10_000 + 500 * random()) / 100,
    volume: Math.ceil(random() * 50),
    time: MIDNIGHT - 15 * MINUTE + i * 5000,
    conditions: [],
  }));
}

const CHOICE = "sma-3_ema-4_bb-5-2_rsi-3_vwap";
const sum = (values: number[]) => values.reduce((all, each) => all + each, 0);

/** What the legend shows of each minute, by the plainest code. */
function expectedLegends(trades: readonly Trade[]): Map<string, (number | undefined)[]> {
  const minutes = [...expectedCandles(trades)].filter(([key]) => key.startsWith("A 1m "))
    .map(([key, candle]): [number, ExpectedWindow] => [Number(key.split(" ").at(-1)), candle])
    .sort(([a], [b]) => a - b);
  const closes = minutes.map(([, { close }]) => close);
  let [ema, gain, loss] = [0, 0, 0];
  return new Map(
    minutes.map(([start], i) => {
      const last = (n: number) => i + 1 < n ? undefined : closes.slice(i + 1 - n, i + 1);
      const three = last(3);
      const five = last(5);
      const middle = five && sum(five) / 5;
      const spread = five && Math.sqrt(sum(five.map((close) => (close - middle!) ** 2)) / 5);
      if (i === 3) ema = sum(closes.slice(0, 4)) / 4;
      if (i > 3) ema += 0.4 * (closes[i]! - ema);
      const change = i === 0 ? 0 : closes[i]! - closes[i - 1]!;
      const [up, down] = [Math.max(0, change), Math.max(0, -change)];
      [gain, loss] = i <= 3
        ? [gain + up / 3, loss + down / 3]
        : [gain * 2 / 3 + up / 3, loss * 2 / 3 + down / 3];
      const session = minutes.slice(0, i + 1).filter(([at]) => start < MIDNIGHT || at >= MIDNIGHT);
      return [start, [
        three && sum(three) / 3,
        i < 3 ? undefined : ema,
        middle,
        middle && middle + 2 * spread!,
        middle && middle - 2 * spread!,
        i < 3 ? undefined : 100 * gain / (gain + loss),
        sum(session.map(([, { turnover }]) => turnover)) / sum(session.map(([, { volume }]) => volume)),
      ]];
    })
      .map(([start, values]) => [
        `1m from ${new Date(start as number).toISOString().slice(0, 19).replace("T", " ")}`,
        values as (number | undefined)[],
      ]),
  );
}

function assertLegend(texts: readonly string[], wanted: readonly (number | undefined)[], where: string) {
  assertEquals(texts.length, wanted.length, where);
  texts.forEach((text, i) => {
    if (wanted[i] === undefined) assertEquals(text, "–", where);
    else assertAlmostEquals(Number(text), wanted[i], 0.0051, `${where}: ${texts}, not ${wanted}`);
  });
}

const VALUES = "#indicator-legend dd";
const newest = (page: Page) => page.locator(VALUES).allTextContents();
const panes = (page: Page) => page.locator("#chart table tr:has(canvas)").count();

integrationTest(
  "indicators of a link go along with live trades, and are right under the crosshair, for every candle",
  async () => {
    const trades = recording();
    const wanted = expectedLegends(trades);
    const hash = `#symbol=A&interval=1m&indicators=${CHOICE}`;
    await withReplayPage({ trades, speed: "100", hash }, async ({ page }) => {
      const [time, values] = [...wanted].at(-1)!;
      // What is there when it opens is history; ten minutes at least come live.
      const at = [...wanted.keys()].indexOf((await page.textContent("#candle-time")) ?? "");
      assert(at >= 0 && at < 20, `it was opened at minute ${at}`);
      await played(page);
      await page.locator("#candle-time", { hasText: time }).waitFor();
      await until("the last trade", async () => {
        const close = Number(await page.textContent("#close"));
        return close === trades.at(-1)!.price || `${close}`;
      });
      assertLegend(await newest(page), values, "the newest");
      const names = (await page.locator("#indicator-legend dt").allTextContents()).map((each) => each.trim());
      assertEquals(names, ["SMA 3", "EMA 4", "BB 5 2", "RSI 3", "Session VWAP"]);
      const seen = await underCrosshair(page, VALUES);
      assert(seen.size >= 28, `${seen.size} candles under the crosshair`);
      for (const [at, texts] of seen) assertLegend(texts, wanted.get(at)!, at);
    });
  },
);

integrationTest(
  "indicators are chosen from a menu, several at once, and kept by address and browser",
  async () => {
    const trades = recording();
    const wanted = [...expectedLegends(trades)].at(-1)![1];
    await withReplayPage({ trades, hash: "#symbol=A&interval=1m" }, async ({ page, url }) => {
      await played(page);
      assert(await page.locator("#indicator-legend").isHidden());
      const before = await panes(page);
      await page.locator("#indicators").click();
      const add = (name: string) => page.locator("#indicator-kinds button", { hasText: name }).click();
      for (const name of ["SMA", "RSI", "Session VWAP"]) await add(name);
      assertEquals(await panes(page), before + 1, "RSI has a pane of its own");
      const period = page.getByLabel("Period of SMA");
      await period.fill("3");
      await period.press("Enter");
      await page.getByLabel("Period of RSI").fill("100000");
      await page.getByLabel("Period of RSI").press("Tab");
      assertEquals(await page.getByLabel("Period of RSI").inputValue(), "500");
      await page.getByLabel("Period of RSI").fill("3");
      // Keys in a field are no choice of an interval.
      await page.getByLabel("Period of RSI").press("Enter");
      assertEquals(await page.textContent("#intervals [aria-checked=true]"), "1m");
      await page.keyboard.press("Escape");
      assert(await page.locator("#indicator-menu").isHidden());
      assertEquals(new URL(page.url()).hash, "#symbol=A&interval=1m&indicators=sma-3_rsi-3_vwap");
      const shown = [wanted[0], wanted[5], wanted[6]];
      assertLegend(await newest(page), shown, "chosen");

      // The same address in another browser, and the same browser without it.
      const other = await page.context().browser()!.newPage();
      await other.goto(page.url());
      await loaded(other);
      assertLegend(await newest(other), shown, "by the address");
      await other.close();
      const again = await page.context().newPage();
      await again.goto(`${url}/#symbol=A&interval=1m`);
      await loaded(again);
      assertLegend(await newest(again), shown, "by the browser");

      await again.locator("#indicators").click();
      for (const name of ["Session VWAP", "RSI", "SMA"]) await again.getByLabel(`Remove ${name}`).click();
      assert(await again.locator("#indicator-legend").isHidden());
      assertEquals(await panes(again), before, "the pane of RSI goes with it");
      await again.goto("about:blank");
      await again.goto(`${url}/`);
      await loaded(again);
      assert(await again.locator("#indicator-legend").isHidden());
    });
  },
);
