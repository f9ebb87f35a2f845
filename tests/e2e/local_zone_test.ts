import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import type { Trade } from "../../src/market/trade.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { drawnTexts, noteDrawnTexts } from "./drawn_texts.ts";
import { loaded, played, underCrosshair, withReplayPage } from "./replay_page.ts";

const HOUR = 3_600_000;
/** Half an hour around midnight in New York, in winter, when it is five hours behind. */
const MIDNIGHT = Date.UTC(2025, 0, 15, 5);

const TRADES: Trade[] = Array.from({ length: 60 }, (_, i) => ({
  symbol: i % 2 === 0 ? "A" : "X:B",
  price: 100 + i % 7,
  volume: 1,
  time: MIDNIGHT - HOUR / 4 + i * 30_000,
  conditions: [],
}));

/** What clocks show that are so many hours before those of UTC. */
const clockTime = (time: number, hours: number) =>
  new Date(time + hours * HOUR).toISOString().slice(0, 19).replace("T", " ");

/** Sees that the tape, the legend, the crosshair and the axis show times of such a zone. */
async function assertZone(page: Page, symbol: string, hours: number): Promise<void> {
  const own = TRADES.filter((trade) => trade.symbol === symbol);
  const wanted = own.map(({ time }) => clockTime(time, hours).slice(11)).reverse();
  await until(`the tape by UTC ${hours}`, async () => {
    const times = await page.locator("#tape td:first-child").allTextContents();
    return times.join() === wanted.join() || times.slice(0, 3).join();
  });
  await drawnTexts(page);
  const seen = await underCrosshair(page, "#close");
  const starts = new Set(own.map(({ time }) => `1m from ${clockTime(time - time % 60_000, hours)}`));
  assertEquals(new Set(seen.keys()), starts);
  const drawn = await drawnTexts(page);
  for (const start of starts) {
    assert(drawn.includes(start.slice("1m from ".length)), `no ${start} in ${drawn}`);
  }
  const midnight = clockTime(MIDNIGHT, hours).slice(11, 16);
  const day = midnight === "00:00" ? "15 Jan" : midnight;
  assert(drawn.includes(day), `the axis has ${drawn.filter((text) => /^\d\d:\d\d$|Jan$/.test(text))}`);
  assertEquals(drawn.includes("15 Jan"), midnight === "00:00");
}

integrationTest("times are shown by UTC, as here, or as at the exchange, everywhere the same", async () => {
  await withReplayPage({
    trades: TRADES,
    hash: "#symbol=A&interval=1m",
    browser: { timezoneId: "Asia/Kolkata" },
    prepare: noteDrawnTexts,
  }, async ({ page, url }) => {
    await played(page);
    const zone = page.locator("#zone");
    await assertZone(page, "A", 0);
    await zone.selectOption("local");
    await assertZone(page, "A", 5.5);
    assertEquals(new URL(page.url()).hash, "#symbol=A&interval=1m&zone=local");
    await zone.selectOption("exchange");
    assertEquals(await zone.locator(":checked").textContent(), "exchange (New York)");
    await assertZone(page, "A", -5);
    // What is no stock is traded around the clock.
    await page.locator('.row[data-symbol="X:B"]').click();
    await loaded(page);
    await assertZone(page, "X:B", 0);
    await page.locator('.row[data-symbol="A"]').click();
    await loaded(page);
    await assertZone(page, "A", -5);
    // The browser keeps it, and an address that says another is heard.
    const again = await page.context().newPage();
    await noteDrawnTexts(again);
    await again.goto(`${url}/`);
    await loaded(again);
    await assertZone(again, "A", -5);
    await again.evaluate("location.hash = 'symbol=A&interval=1m&zone=local'");
    await assertZone(again, "A", 5.5);
  });
});
