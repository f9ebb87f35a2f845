import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { progressOnStderr } from "../services/progress.ts";
import { startBrowser } from "./browser.ts";
import { RunningRole } from "./role.ts";

async function withPage(work: (page: Page, url: string, role: RunningRole) => Promise<void>): Promise<void> {
  await using role = new RunningRole("local", ["--listen", "127.0.0.1:0"], { FINNHUB_API_TOKEN: "" });
  const [, url] = await role.says(/the live page is at (\S+)/);
  await using browser = await startBrowser(progressOnStderr());
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  await work(page, url!, role);
  assertEquals(wrong, []);
}

const there = (page: Page) => page.locator("#chosen-card:not([aria-busy])").waitFor();
const choose = (page: Page, symbol: string) => page.locator(`.row[data-symbol="${symbol}"]`).click();
const shown = (page: Page, symbol: string, interval: string) =>
  until(`${symbol} by ${interval}`, async () => {
    const found = [
      await page.textContent("#chosen"),
      await page.textContent("#intervals [aria-checked=true]"),
    ];
    return found.join() === `${symbol},${interval}` || found.join();
  });

integrationTest(
  "Back, Forward and an address bring the same view, and a browser begins with its last one",
  async () => {
    await withPage(async (page, url) => {
      await page.goto(`${url}/#symbol=AAPL&interval=1m`);
      await there(page);
      await choose(page, "NVDA");
      await page.keyboard.press("4");
      await shown(page, "NVDA", "5m");
      await page.goBack();
      await shown(page, "NVDA", "1m");
      await page.goBack();
      await shown(page, "AAPL", "1m");
      await there(page);
      await page.goForward();
      await shown(page, "NVDA", "1m");
      await page.evaluate("location.hash = 'symbol=OANDA%3AEUR_USD&interval=15s'");
      await shown(page, "OANDA:EUR_USD", "15s");
      await there(page);
      // What is no view leaves the address of the one that is shown.
      await page.evaluate("location.hash = 'chosen'");
      await until(
        "the view's address",
        () => Promise.resolve(page.url().endsWith("#symbol=OANDA%3AEUR_USD&interval=15s") || page.url()),
      );
      // Another tab of the same browser, without a view in its address.
      const other = await page.context().newPage();
      await other.goto(`${url}/`);
      await shown(other, "OANDA:EUR_USD", "15s");
      await there(other);
      // The layout, too, is that of the browser.
      assert(await other.locator("#tape tr").first().isVisible());
      await other.locator("#wide").click();
      assert(await other.locator("#tape").isHidden());
      await other.reload();
      await there(other);
      assert(await other.locator("#tape").isHidden());
      await other.locator("#wide").click();
      assert(await other.locator("#tape").isVisible());
      const link = await page.context().newPage();
      await link.goto(`${url}/#symbol=MSFT&interval=1h`);
      await shown(link, "MSFT", "1h");
    });
  },
);

integrationTest(
  "after a click nothing of the symbol before is shown under the new name, however slow the server",
  async () => {
    await withPage(async (page, url) => {
      let slow = false;
      const held: (() => void)[] = [];
      await page.route("**/api/**", async (route) => {
        if (slow) await new Promise<void>((resolve) => held.push(resolve));
        await route.continue().catch(() => {});
      });
      await page.goto(`${url}/#symbol=BINANCE:BTCUSDT&interval=5s`);
      await there(page);
      await page.locator("#tape tr").nth(39).waitFor();
      slow = true;
      await choose(page, "BINANCE:SHIBUSDT");
      assertEquals(await page.textContent("#chosen"), "BINANCE:SHIBUSDT");
      assertEquals(await page.locator("#chosen-card").getAttribute("aria-busy"), "true");
      assertEquals(await page.locator("#tape tr").count(), 0);
      for (const id of ["open", "high", "low", "close", "volume", "vwap", "trades", "average"]) {
        assertEquals(await page.textContent(`#${id}`), "–", id);
      }
      const price = await page.textContent("#price");
      assert(/^0\.0000\d{4}$/.test(price ?? ""), `the list knows its price: ${price}`);
      // The next click comes before the answer: that of the one before is shown to nobody.
      await choose(page, "AAPL");
      slow = false;
      for (const go of held.splice(0)) go();
      await there(page);
      await page.locator("#tape tr").nth(39).waitFor();
      const prices = await page.locator("#tape td:nth-child(2)").allTextContents();
      for (const text of prices) assert(/^(?:[▲▼] )?2\d\d\.\d\d$/.test(text), text);
      assert(/^2\d\d\.\d\d$/.test((await page.textContent("#close")) ?? ""));
    });
  },
);

integrationTest("link, feed and age are three signals, each with its remedy", async () => {
  await withPage(async (page, url, role) => {
    await page.goto(`${url}/#symbol=AAPL&interval=5s`);
    await page.locator("#feed", { hasText: "simulated market" }).waitFor();
    await page.locator("#age", { hasText: /^last trade \d s ago$/ }).waitFor();
    assertEquals(await page.textContent("#link"), "page connected");
    assert(await page.locator("#remedy").isHidden());
    await role.stop();
    await page.locator("#link[data-link=lost]").waitFor();
    await page.locator("#remedy", { hasText: "see that finnhub-pipe runs" }).waitFor();
    // What was known of the rest is known no more.
    assertEquals([await page.textContent("#feed"), await page.textContent("#age")], ["feed unknown", ""]);
  });
});

integrationTest("a symbol that the feed refuses is named on the page, and the others trade on", async () => {
  await using simulator = new RunningRole("simulator", [
    ...["--listen", "127.0.0.1:0", "--symbols", "AAPL,MSFT", "--symbol-limit", "1"],
  ], {});
  const [, ws] = await simulator.says(/FINNHUB_WS_URL=(\S+)/);
  await using role = new RunningRole("local", ["--listen", "127.0.0.1:0", "--tickers", "AAPL,MSFT"], {
    FINNHUB_API_TOKEN: "t",
    FINNHUB_WS_URL: ws!,
  });
  const [, url] = await role.says(/the live page is at (\S+)/);
  await using browser = await startBrowser(progressOnStderr());
  const page = await browser.newPage();
  await page.goto(url!);
  await page.locator("#feed", { hasText: "feed refuses a symbol" }).waitFor();
  await page.locator("#remedy", { hasText: "MSFT" }).waitFor();
  await page.locator("#age", { hasText: /^last trade \d s ago$/ }).waitFor();
  assertEquals(await page.textContent("#chosen"), "AAPL");
  // The feed itself goes away: the page's own link lives on.
  await simulator.stop();
  await page.locator("#feed", { hasText: "not connected" }).waitFor();
  assertEquals(await page.locator("#link").getAttribute("data-link"), "live");
});

integrationTest("a recording that has ended is not called live", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const frame = { type: "trade", data: [{ s: "AAPL", p: 200, t: Date.now() - 3_600_000, v: 1, c: [] }] };
    await Deno.writeTextFile(`${folder}/replay.ndjson`, JSON.stringify(frame));
    await using role = new RunningRole(
      "local",
      ["--listen", "127.0.0.1:0", "--replay", `${folder}/replay.ndjson`],
      { FINNHUB_API_TOKEN: "" },
    );
    const [, url] = await role.says(/the live page is at (\S+)/);
    await using browser = await startBrowser(progressOnStderr());
    const page = await browser.newPage();
    await page.goto(url!);
    await page.locator("#feed", { hasText: "recording has ended" }).waitFor();
    await page.locator("#remedy", { hasText: "--loop" }).waitFor();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
