import { assert } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { progressOnStderr } from "../services/progress.ts";
import { startBrowser } from "./browser.ts";
import { RunningRole } from "./role.ts";

/** Above 0.1 people notice, by the makers of the measure (web.dev/articles/cls). */
const MOST = 0.08;
/** A slow line: what comes late must find its place kept. Bytes a second. */
const LINE = { offline: false, latency: 100, downloadThroughput: 200_000, uploadThroughput: 90_000 };

/** In the browser, before anything is drawn: what moves without somebody having asked for it. */
const WATCH = `
  globalThis.moved = 0;
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, value } of list.getEntries()) if (!hadRecentInput) moved += value;
  }).observe({ type: "layout-shift", buffered: true });`;

integrationTest("nothing on the page moves while it loads, on a phone and on a desktop", async () => {
  await using local = new RunningRole("local", ["--listen", "127.0.0.1:0"], {});
  const [, address] = await local.says(/page is at (http:\S+)/);
  await using browser = await startBrowser(progressOnStderr());
  for (const [width, height] of [[412, 823], [1350, 940]] as const) {
    await using context = await browser.newContext({ viewport: { width, height }, isMobile: width < 500 });
    const page = await context.newPage();
    const devTools = await context.newCDPSession(page);
    await devTools.send("Network.emulateNetworkConditions", LINE);
    await page.addInitScript(WATCH);
    await page.goto(address!);
    await page.locator("#chosen-card:not([aria-busy])").waitFor();
    await page.locator("#watch .row").first().waitFor();
    await page.locator("#tape tr").nth(20).waitFor({ state: "attached" });
    const moved = await page.evaluate<number>("moved");
    assert(moved < MOST, `${moved} of ${width} x ${height}`);
  }
});
