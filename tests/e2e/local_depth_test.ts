import { assert, assertEquals } from "@std/assert";
import type { Trade } from "../../src/market/trade.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { drawnTable } from "./chart_table.ts";
import { loaded, played, withReplayPage } from "./replay_page.ts";

const START = Date.UTC(2025, 0, 15, 10);
/** More than the page asks for at first, and than the server gives at once. */
const CANDLES = 5300;

const TRADES: Trade[] = Array.from({ length: CANDLES }, (_, i) => ({
  symbol: "A",
  price: 100 + i % 50,
  volume: 1,
  time: START + i * 5000,
  conditions: [],
}));

integrationTest(
  "scrolling back leads to the first candle stored, without a gap, and over an answer that failed",
  async () => {
    await withReplayPage({ trades: TRADES, hash: "#symbol=A&interval=5s" }, async ({ page }) => {
      await played(page);
      await page.reload();
      await loaded(page);
      for (let i = 0; i < 10; i++) await page.keyboard.press("-");
      let failed = 0;
      await page.route(/api\/candles.*from=0/, (route) => failed++ === 0 ? route.abort() : route.continue());
      await page.locator("#chart").focus();
      await until("the first candle", async () => {
        await page.keyboard.press("Home");
        const [, first] = await drawnTable(page);
        return Date.parse(first?.[0] ?? "") === START || `${first?.[0]}`;
      });
      assert(failed > 1, "an answer failed, and the next one did not");
      // From there to the newest, every candle is there.
      const seen = new Map<number, number>();
      while (!seen.has(START + (CANDLES - 1) * 5000)) {
        const before = seen.size;
        for (const [start, open] of (await drawnTable(page)).slice(1)) {
          seen.set(Date.parse(start!), Number(open));
        }
        assert(seen.size > before, `nothing new after ${before} candles`);
        for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowRight");
      }
      const all = [...seen].sort(([a], [b]) => a - b);
      assertEquals(all, TRADES.map(({ price, time }) => [time, price]));
    });
  },
);
