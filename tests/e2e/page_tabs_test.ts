import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { integrationTest } from "../needs.ts";
import { progressOnStderr } from "../services/progress.ts";
import { until } from "../services/mod.ts";
import { startBrowser } from "./browser.ts";
import { RunningRole } from "./role.ts";

const TABS = 10;
/** Streams that the pages of one browser hold. */
const HELD = 4;

/** Time of the newest trade on a page's tape. */
const newest = (page: Page): Promise<number> =>
  page.evaluate<number>(`Number(document.querySelector("#tape tr")?.dataset.time ?? 0)`);

/** As when another tab is looked at: Playwright's pages are all seen. */
const setHidden = (page: Page, hidden: boolean): Promise<void> =>
  page.evaluate(`Object.defineProperty(document, "hidden", { value: ${hidden}, configurable: true });
    void document.dispatchEvent(new Event("visibilitychange"));`);

async function goesOn(page: Page, what: string): Promise<void> {
  const before = await newest(page);
  await until(`${what} to go on`, async () => await newest(page) > before || "it does not", {
    deadline: 20_000,
  });
}

integrationTest(
  "ten tabs of one browser load, show prices and go on, and hidden ones give their stream back",
  async () => {
    await using role = new RunningRole("local", ["--listen", "127.0.0.1:0"], { FINNHUB_API_TOKEN: "" });
    const url = await role.http();
    await using browser = await startBrowser(progressOnStderr());
    const context = await browser.newContext();
    const tabs: Page[] = [];
    for (let tab = 0; tab < TABS; tab++) {
      const page = await context.newPage();
      await page.goto(`${url}/#symbol=BINANCE:BTCUSDT&interval=5s`, { timeout: 20_000 });
      tabs.push(page);
    }
    for (const [tab, page] of tabs.entries()) {
      await until(
        `tab ${tab + 1} to show a price`,
        async () => await page.locator("#price").textContent() !== "–" || "none yet",
        { deadline: 20_000 },
      );
      assertEquals(await page.locator("#chosen").textContent(), "BINANCE:BTCUSDT");
    }
    for (const [tab, page] of tabs.entries()) {
      await goesOn(page, `tab ${tab + 1}`);
      const rows = await page.locator("#tape tr").count();
      assert(rows > 0 && rows <= 40, `${rows} rows`);
    }
    for (const page of tabs.slice(HELD)) await setHidden(page, true);
    await until("hidden tabs to give their streams back", async () => {
      const open = await role.metric("finnhub_pipe_dashboard_pages");
      return open === HELD || `${open} are open`;
    }, { deadline: 20_000 });
    const last = tabs.at(-1)!;
    await setHidden(last, false);
    await goesOn(last, "a tab that is seen again");
  },
);
