import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { progressOnStderr } from "../services/progress.ts";
import { startBrowser } from "./browser.ts";
import { findNames, findNestedControls, findPaleTexts } from "./page_audit.ts";
import { loaded } from "./replay_page.ts";
import { RunningRole } from "./role.ts";

const VIEW = "#symbol=AAPL&interval=5s&indicators=sma-5_ema-5_bb-5-2_rsi-5_vwap_sma-6_sma-7_sma-8";

async function withPages(
  work: (
    open: (options?: BrowserContextOptions) => Promise<Page>,
    role: RunningRole,
    url: string,
  ) => Promise<void>,
): Promise<void> {
  await using role = new RunningRole("local", ["--listen", "127.0.0.1:0"], { FINNHUB_API_TOKEN: "" });
  const [, url] = await role.says(/the live page is at (\S+)/);
  await using browser: Browser = await startBrowser(progressOnStderr());
  await work(
    async (options = {}) => {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
      const page = await context.newPage();
      await page.goto(`${url}/${VIEW}`);
      await loaded(page);
      await page.locator("#tape tr").nth(20).waitFor();
      return page;
    },
    role,
    url!,
  );
}

integrationTest(
  "no control lies in another, each has a name, and each landmark has one of its own",
  async () => {
    await withPages(async (open) => {
      const page = await open();
      for (const popup of await page.locator("[popovertarget]").all()) {
        await popup.click();
        assertEquals(await findNestedControls(page), []);
        const { landmarks, nameless } = await findNames(page);
        assertEquals(nameless, []);
        assert(landmarks.length >= 6, `${landmarks}`);
        assertEquals(new Set(landmarks).size, landmarks.length, `${landmarks}`);
        await page.keyboard.press("Escape");
      }
      // The test itself: what is nested and nameless is found.
      await page.evaluate(`document.querySelector("#wide").append(document.createElement("a"));
      document.querySelector("#wide a").href = "#";
      document.querySelector("#wide a").setAttribute("aria-label", "");
      document.querySelector("main").append(document.createElement("input"));`);
      assertEquals((await findNestedControls(page)).length, 1);
      assertEquals((await findNames(page)).nameless.length, 2);
    });
  },
);

for (const colorScheme of ["light", "dark"] as const) {
  integrationTest(`texts stand out from what is behind them: ${colorScheme}`, async () => {
    await withPages(async (open, role) => {
      const page = await open({ colorScheme });
      const pale = async (when: string) => assertEquals(await findPaleTexts(page), [], when);
      await pale("as it opens");
      for (const popup of await page.locator("[popovertarget]").all()) {
        await popup.click();
        await pale((await popup.textContent()) ?? "");
        await page.keyboard.press("Escape");
      }
      await page.locator("#wide").click();
      await pale("wide");
      await page.locator("#wide").click();
      await role.stop();
      await page.locator("#link[data-link=lost]").waitFor();
      await pale("without its server");
      await page.evaluate(
        "document.querySelector('#chosen').style.color = 'color-mix(in srgb, currentcolor 40%, transparent)'",
      );
      assertEquals((await findPaleTexts(page)).map(({ text }) => text), ["AAPL"], "the test itself");
    });
  });
}

integrationTest("forced colours show what is chosen", async () => {
  await withPages(async (open) => {
    const page = await open({ forcedColors: "active" });
    const backgrounds = (selector: string) =>
      page.locator(selector).evaluateAll((all) => // deno-lint-ignore no-explicit-any
      [...new Set(all.map((each) => (globalThis as any).getComputedStyle(each).backgroundColor))]);
    await page.locator("#wide").click();
    const pairs = [
      [".row[aria-selected=true]", ".row[aria-selected=false]"],
      ["#intervals [aria-checked=true]", "#intervals [aria-checked=false]"],
      ["#wide[aria-pressed=true]", "#latest"],
    ] as const;
    for (const [chosen, other] of pairs) {
      const [[one], rest] = await Promise.all([backgrounds(chosen), backgrounds(other)]);
      assertNotEquals(one, "rgba(0, 0, 0, 0)", chosen);
      assert(rest.length === 1 && rest[0] !== one, `${chosen} is ${one}, ${other} ${rest}`);
    }
  });
});

integrationTest("the icon is asked for once, however often symbols are switched", async () => {
  await withPages(async (_, __, url) => {
    let icons = 0;
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      const { pathname, search } = new URL(request.url);
      if (pathname === "/icon.svg") icons++;
      return fetch(`${url}${pathname}${search}`, { signal: request.signal });
    });
    await using browser = await startBrowser(progressOnStderr());
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.addr.port}/${VIEW}`);
    await loaded(page);
    await until("the icon", () => Promise.resolve(icons > 0 || "not asked for"));
    const before = icons;
    for (let i = 0; i < 8; i++) {
      await page.keyboard.press(i < 4 ? "j" : "k");
      await loaded(page);
    }
    assertEquals(icons, before);
    assert(before <= 2, `${before} times at the opening`);
    await page.close();
    await server.shutdown();
  });
});
