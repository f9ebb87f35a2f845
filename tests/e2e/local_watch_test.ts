import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import type { Trade } from "../../src/market/trade.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { loaded, played, withReplayPage } from "./replay_page.ts";

const START = Date.UTC(2025, 0, 15, 10);
const LONG = "W".repeat(64);
/** First and last price, and the volume of each trade. */
const MARKET: Record<string, { prices: [number, number]; volume: number }> = {
  "AAPL": { prices: [100, 101], volume: 5 },
  "BINANCE:1000SHIBUSDT": { prices: [50, 40], volume: 9 },
  "MSFT": { prices: [400, 480], volume: 1 },
  [LONG]: { prices: [10, 10], volume: 7 },
};
const TRADES: Trade[] = Object.entries(MARKET).flatMap(([symbol, { prices, volume }], i) =>
  prices.map((price, j) => ({ symbol, price, volume, time: START + j * 60_000 + i, conditions: [] }))
).sort((a, b) => a.time - b.time);

const shown = (page: Page) =>
  page.locator(".row:visible").evaluateAll((rows) =>
    // deno-lint-ignore no-explicit-any
    rows.map((row: any) => row.dataset.symbol as string)
  );
const sees = (page: Page, what: string, ...symbols: string[]) =>
  until(what, async () => {
    const rows = await shown(page);
    return rows.join() === symbols.join() || rows.join();
  });
const [A, S, M, L] = ["AAPL", "BINANCE:1000SHIBUSDT", "MSFT", LONG];

integrationTest("the list is sorted by each column, and keeps it", async () => {
  await withReplayPage({ trades: TRADES, hash: "#symbol=AAPL&interval=1m" }, async ({ page }) => {
    await played(page);
    await sees(page, "the alphabet", A, S, M, L);
    await page.locator(`.row[data-symbol="MSFT"] .change`, { hasText: "20.00 %" }).waitFor();
    const by = (name: string) => page.locator("#watch-sort button", { hasText: name }).click();
    await by("Price");
    await sees(page, "the highest price first", M, A, S, L);
    await by("Price");
    await sees(page, "the lowest price first", L, S, A, M);
    await by("Change");
    await sees(page, "what rose most first", M, A, L, S);
    await by("Volume");
    await sees(page, "what is traded most first", S, L, A, M);
    assertEquals(await page.locator("#watch-sort [aria-pressed=true]").textContent(), "Volume ▼");
    // Keys walk as the rows are.
    await page.keyboard.press("j");
    assertEquals(await page.textContent("#chosen"), "MSFT");
    await page.reload();
    await loaded(page);
    await sees(page, "the same order", S, L, A, M);
  });
});

integrationTest(
  "symbols are pinned, removed and brought back, and the list says why it is empty",
  async () => {
    await withReplayPage({ trades: TRADES, hash: "#symbol=MSFT&interval=1m" }, async ({ page }) => {
      await played(page);
      await sees(page, "the alphabet", A, S, M, L);
      assert(await page.locator("#watch-empty").isHidden());
      await page.locator("#pin").click();
      await sees(page, "the pinned one first", M, A, S, L);
      assertEquals(await page.locator("#pin").getAttribute("aria-pressed"), "true");
      await page.locator("#watch-sort button", { hasText: "Symbol" }).click();
      await sees(page, "it stays first", M, L, S, A);
      await page.locator("#watch").focus();
      await page.keyboard.press("p");
      await sees(page, "it is back in its place", L, M, S, A);
      await page.keyboard.press("Delete");
      await sees(page, "it is gone", L, S, A);
      assertEquals(await page.textContent("#chosen"), S);
      await page.locator("#filter").fill("msft");
      assertEquals(await page.textContent("#watch-empty"), "No symbol here has “msft” in its name.");
      assert(await page.locator("#watch-empty").isVisible());
      await page.locator("#filter").fill("");
      await page.reload();
      await loaded(page);
      await sees(page, "it stays gone", L, S, A);
      for (let left = 3; left > 0; left--) await page.locator("#remove").click();
      assertEquals(await page.textContent("#watch-empty"), "Every symbol is removed.");
      await page.getByText("Bring back 4 removed").click();
      await sees(page, "all are back", L, M, S, A);
      assert(await page.locator("#watch-back").isHidden());
    });
  },
);

for (const width of [1440, 390]) {
  integrationTest(
    `tickers are never cut, however long, and stay in their card: ${width} pixels`,
    async () => {
      await withReplayPage({
        trades: TRADES,
        hash: "#symbol=AAPL&interval=1m",
        browser: { viewport: { width, height: 900 } },
      }, async ({ page }) => {
        await played(page);
        await page.locator(".row").nth(3).waitFor();
        const rows = await page.locator(".row").evaluateAll((all) =>
          // deno-lint-ignore no-explicit-any
          all.map((row: any) => {
            const ticker = row.querySelector(".ticker");
            // deno-lint-ignore no-explicit-any
            const box = (element: any) => element.getBoundingClientRect();
            const [inner, outer, beside] = [box(ticker), box(row), box(row.querySelector("svg"))];
            return {
              text: ticker.textContent,
              fits: inner.left >= outer.left && inner.right <= beside.left && inner.top >= outer.top &&
                  inner.bottom <= outer.bottom && ticker.scrollWidth <= ticker.clientWidth + 1 ||
                // An inline box has no width of its own to overflow.
                (ticker.clientWidth === 0 && inner.right <= beside.left),
            };
          })
        );
        assertEquals(rows.map(({ text }) => text), ["AAPL", "1000SHIBUSDT", "MSFT", LONG]);
        for (const { fits, text } of rows) assert(fits, text);
        const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assertEquals(await page.evaluate(overflow), 0);
      });
    },
  );
}
