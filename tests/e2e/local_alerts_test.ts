import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import type { Trade } from "../../src/market/trade.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { loaded, played, withReplayPage } from "./replay_page.ts";

const START = Date.UTC(2025, 0, 15, 10);
/** Two minutes at 100, then a walk from 101 to 120 and back to 100, a price every ten seconds. */
const PRICES = [
  ...Array.from({ length: 12 }, () => 100),
  ...Array.from({ length: 20 }, (_, i) => 101 + i),
  ...Array.from({ length: 20 }, (_, i) => 119 - i),
];
const TRADES: Trade[] = PRICES.map((price, i) => ({
  symbol: "A",
  price,
  volume: 1,
  time: START + i * 10_000,
  conditions: [],
}));

const alert = (id: string, kind: string, value: number, minutes = 5) => ({
  id,
  symbol: "A",
  kind,
  value,
  minutes,
});

/** In the browser: alerts that it has kept, and a note of the notifications that pages of it show. */
function begin(alerts: unknown[]): void {
  // The browser's own names, which Deno's types do not have.
  // deno-lint-ignore no-explicit-any
  const browser = globalThis as any;
  if (browser.localStorage.getItem("finnhub-pipe.alerts") === null) {
    browser.localStorage.setItem("finnhub-pipe.alerts", JSON.stringify(alerts));
  }
  browser.shown = [];
  browser.Notification = class {
    static permission = "granted";
    constructor(title: string, { body }: { body: string }) {
      browser.shown.push([title, body]);
    }
  };
}

const notified = (page: Page) => page.evaluate("shown") as Promise<[string, string][]>;
const notes = (page: Page) => page.locator("#alert-notes .note-card").allTextContents();
const rows = (page: Page) => page.locator("#alert-list li").allTextContents();

integrationTest(
  "each alert goes off once, in one of all pages, at the price that it waited for",
  async () => {
    const waiting = [
      alert("a", "above", 115),
      alert("b", "below", 99),
      alert("c", "crossing", 110),
      alert("d", "move", 12, 1),
      alert("e", "move", 50, 10),
      alert("f", "above", 121),
    ];
    await withReplayPage({
      trades: TRADES,
      hash: "#symbol=A&interval=5s",
      speed: "25",
      prepare: (page) => page.context().addInitScript(begin, waiting),
    }, async ({ page, url }) => {
      const other = await page.context().newPage();
      await other.goto(`${url}/#symbol=A&interval=1m`);
      await loaded(other);
      await played(page);
      await until("what went off to be kept", async () => {
        const kept = JSON.parse(await page.evaluate("localStorage.getItem('finnhub-pipe.alerts')"));
        const fired = kept.filter(({ fired }: { fired?: unknown }) => fired).map(({ id }: { id: string }) =>
          id
        );
        return fired.join() === "a,c" || fired.join();
      });
      const told = [...await notified(page), ...await notified(other)];
      assertEquals(told.map(([title]) => title).sort(), ["A above 115", "A crosses 110"]);
      assertEquals((await notes(page)).length + (await notes(other)).length, 2);
      for (const [title, body] of told) {
        const [, price, time] = /^([\d.]+) at (\d\d:\d\d:\d\d)$/.exec(body)!;
        // Updates are bundled: it may be one or two prices later.
        const level = Number(title.split(" ").at(-1));
        assert(Number(price) >= level && Number(price) <= level + 4, body);
        const trade = TRADES.find((each) => new Date(each.time).toISOString().slice(11, 19) === time);
        assertEquals(trade?.price, Number(price), body);
      }
    });
  },
);

integrationTest(
  "alerts are listed, armed again and removed, and what is true already is told at once",
  async () => {
    await withReplayPage({
      trades: TRADES,
      hash: "#symbol=A&interval=1m",
      prepare: (page) => page.context().addInitScript(begin, []),
    }, async ({ page }) => {
      await played(page);
      await page.locator(".row", { hasText: "100.00" }).waitFor();
      await page.locator("#alerts").click();
      const value = page.locator("#alert-value");
      assertEquals(await value.inputValue(), "100.00", "it begins with the last price");
      const add = async (kind: string, level: string) => {
        await page.locator("#alert-kind").selectOption(kind);
        await value.fill(level);
        await page.locator("#alert-add").click();
      };
      await add("below", "90");
      await add("above", "95");
      await until("two rows", async () => (await rows(page)).length === 2 || "fewer");
      await page.locator("#alert-list li", { hasText: "went off at" }).waitFor();
      assertEquals(await notified(page), [[
        "A above 95",
        `100.00 at ${new Date(TRADES.at(-1)!.time).toISOString().slice(11, 19)}`,
      ]]);
      assertEquals(await page.textContent("#alerts"), "Alerts (1)");
      await page.locator("#alert-notes button").click();
      assertEquals(await notes(page), []);
      await page.locator("#alerts").click();

      await page.getByLabel("Arm again: A above 95").click();
      await until("a second note", async () => (await notified(page)).length === 2 || "one");
      // They are the browser's, and not the page's.
      await page.reload();
      await loaded(page);
      await page.locator("#alerts").click();
      const texts = (await rows(page)).map((text) => text.replace(/\d\d:\d\d:\d\d.*/, "…"));
      assertEquals(texts.map((text) => text.slice(0, 20)), ["A below 90waits✕", "A above 95went off a"]);
      assertEquals(await notified(page), [], "it goes off once");
      await page.getByLabel("Remove: A above 95").click();
      await page.getByLabel("Remove: A below 90").click();
      await until("no row", async () => (await rows(page)).length === 0 || "some");
      assertEquals(await page.textContent("#alerts"), "Alerts");
    });
  },
);
