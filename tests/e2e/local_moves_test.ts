import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import type { Trade } from "../../src/market/trade.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { freePorts } from "../services/ports.ts";
import { progressOnStderr } from "../services/progress.ts";
import { startBrowser } from "./browser.ts";
import { drawnTable } from "./chart_table.ts";
import { loaded, played, withReplayPage } from "./replay_page.ts";
import { RunningRole } from "./role.ts";

const MINUTE = 60_000;
const START = Date.UTC(2025, 0, 15, 3);
/** Five hours of two symbols, a trade of each in every minute. */
const TRADES: Trade[] = Array.from({ length: 600 }, (_, i) => ({
  symbol: i % 2 === 0 ? "A" : "B",
  price: 100 + i % 7,
  volume: 1,
  time: START + i * MINUTE / 2,
  conditions: [],
}));
const LAST = START + 299 * MINUTE;

/** The candles in sight: how many, and the first and last, minutes since the beginning. */
async function sight(page: Page): Promise<{ count: number; first: number; last: number }> {
  const [, ...rows] = await drawnTable(page);
  const minute = (row: string[] | undefined) => (Date.parse(row?.[0] ?? "") - START) / MINUTE;
  return { count: rows.length, first: minute(rows[0]), last: minute(rows.at(-1)) };
}

/** Waits until what is in sight stands still, and is this. */
const sees = (page: Page, what: string, right: (seen: Awaited<ReturnType<typeof sight>>) => boolean) =>
  until(what, async () => {
    const seen = await sight(page);
    return right(seen) || JSON.stringify(seen);
  });

/** Waits for the whole recording, and opens it as history: a page gets no more than the newest candles live. */
async function whole(page: Page): Promise<void> {
  await played(page);
  await page.reload();
  await loaded(page);
}

const choose = async (page: Page, symbol: string) => {
  await page.locator(`.row[data-symbol="${symbol}"]`).click();
  await loaded(page);
};

integrationTest(
  "the chart is moved by keyboard: arrows pan, signs zoom, Home and End lead to its ends",
  async () => {
    await withReplayPage({ trades: TRADES, hash: "#symbol=A&interval=1m" }, async ({ page }) => {
      await whole(page);
      await sees(page, "the newest candle", ({ last }) => last === 299);
      const begin = await sight(page);
      await page.locator("#chart").focus();
      for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowLeft");
      const left = await sight(page);
      assert(Math.abs(left.count - begin.count) <= 5, "panning does not zoom");
      // Five tenths of the width, less the empty tenth that there was behind the newest.
      assert(left.first < begin.first - begin.count * 0.4 && left.last < 299, JSON.stringify([begin, left]));
      await page.keyboard.press("ArrowRight");
      const right = await sight(page);
      assert(right.first > left.first && right.last > left.last, JSON.stringify([left, right]));
      await page.keyboard.press("+");
      const near = await sight(page);
      assert(near.count < right.count * 0.9 && near.last === right.last, JSON.stringify([right, near]));
      await page.keyboard.press("-");
      assertEquals(await sight(page), right);
      await page.keyboard.press("Home");
      await sees(page, "the oldest candle", ({ first }) => first === 0);
      await page.keyboard.press("End");
      await sees(page, "the newest candle", ({ last }) => last === 299);
      // The help names them, and belongs to the chart.
      const described = await page.locator("#chart").getAttribute("aria-describedby") ?? "";
      const help = page.locator(`#${described.split(" ")[0]}`);
      for (const key of ["←", "→", "+", "-", "Home", "End"]) {
        assert((await help.locator("kbd").allTextContents()).includes(key), key);
      }
      // In the list arrows walk, and lead to its ends.
      await page.locator("#watch").focus();
      await page.keyboard.press("End");
      assertEquals(await page.textContent("#chosen"), "B");
      await page.keyboard.press("Home");
      assertEquals(await page.textContent("#chosen"), "A");
    });
  },
);

integrationTest("pan and zoom stay when the symbol or the interval is switched", async () => {
  await withReplayPage({ trades: TRADES, hash: "#symbol=A&interval=1m" }, async ({ page }) => {
    await whole(page);
    await page.locator("#chart").focus();
    for (let i = 0; i < 3; i++) await page.keyboard.press("+");
    await sees(page, "fewer candles", ({ count, last }) => count < 60 && last === 299);
    const newest = await sight(page);
    await choose(page, "B");
    assertEquals(await sight(page), newest, "the newest stay the newest");
    for (let i = 0; i < 12; i++) await page.keyboard.press("ArrowLeft");
    await page.locator("#chart").focus();
    for (let i = 0; i < 20; i++) await page.keyboard.press("ArrowLeft");
    const past = await sight(page);
    assert(past.last < 250, JSON.stringify(past));
    await choose(page, "A");
    assertEquals(await sight(page), past, "the past stays the past");
    await page.keyboard.press("4");
    await loaded(page);
    const five = await sight(page);
    assertEquals(five.last, past.last - past.last % 5, "it ends at the same time by five minutes");
    await page.keyboard.press("3");
    await loaded(page);
    const back = await sight(page);
    assert(Math.abs(back.last - past.last) <= 5 && back.count === past.count, JSON.stringify([past, back]));
  });
});

integrationTest("pan and zoom stay when the connection comes back", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const frames = TRADES.map(({ price: p, symbol: s, time: t, volume: v }) =>
      JSON.stringify({ type: "trade", data: [{ s, p, t, v, c: [] }] })
    );
    await Deno.writeTextFile(`${folder}/replay.ndjson`, frames.join("\n"));
    // The server has something to play when it comes back, and of this symbol nothing.
    await Deno.writeTextFile(
      `${folder}/other.ndjson`,
      JSON.stringify({ type: "trade", data: [{ s: "C", p: 1, t: LAST, v: 1, c: [] }] }),
    );
    const [port] = freePorts(1);
    const start = (replay: string) =>
      new RunningRole("local", [
        ...["--listen", `127.0.0.1:${port}`, "--data", `${folder}/data`],
        ...["--replay", `${folder}/${replay}`, "--speed", "max"],
      ], { FINNHUB_API_TOKEN: "" });
    await using browser = await startBrowser(progressOnStderr());
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const first = start("replay.ndjson");
    await first.says(/the live page is at/);
    await page.goto(`http://127.0.0.1:${port}/#symbol=A&interval=1m`);
    await loaded(page);
    await whole(page);
    await page.locator("#chart").focus();
    for (const key of ["+", "+", ...Array.from({ length: 9 }, () => "ArrowLeft")]) {
      await page.keyboard.press(key);
    }
    const before = await sight(page);
    assert(before.last < (LAST - START) / MINUTE - 10, JSON.stringify(before));
    await first.stop();
    await page.locator("#link[data-link=lost]").waitFor();
    await using again = start("other.ndjson");
    await again.says(/the live page is at/);
    const history = page.waitForResponse(/api\/candles/);
    await page.locator("#link[data-link=live]").waitFor();
    await (await history).finished();
    assertEquals(await sight(page), before);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

integrationTest(
  "on a phone a vertical swipe over the chart scrolls the page, a horizontal one the chart",
  async () => {
    await withReplayPage({
      trades: TRADES,
      hash: "#symbol=A&interval=1m",
      browser: { viewport: { width: 390, height: 700 }, hasTouch: true, isMobile: true },
    }, async ({ page }) => {
      await whole(page);
      const session = await page.context().newCDPSession(page);
      const scrolled = () => page.evaluate("scrollY") as Promise<number>;
      const swipe = async (from: { x: number; y: number }, by: { x: number; y: number }) => {
        const touch = (
          type: "touchStart" | "touchMove" | "touchEnd",
          ...touchPoints: { x: number; y: number }[]
        ) => session.send("Input.dispatchTouchEvent", { type, touchPoints });
        await touch("touchStart", from);
        for (let i = 1; i <= 8; i++) await touch("touchMove", { x: from.x + i * by.x, y: from.y + i * by.y });
        await touch("touchEnd");
      };
      /** A place on the chart, once it is in the window. */
      const place = async (x: number) => {
        let top = NaN;
        await until("the page to stand still", async () => {
          const before = top;
          await page.evaluate("document.querySelector('#chart').scrollIntoView({ block: 'center' })");
          await page.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))",
          );
          return (top = await scrolled()) === before || `${before}, then ${top}`;
        });
        const box = (await page.locator("#chart").boundingBox())!;
        return { x: box.x + box.width * x, y: box.y + box.height * 0.6 };
      };
      const seen = await sight(page);
      // On the prices beside the chart, too.
      for (const x of [0.4, 0.95]) {
        await until(`the page to scroll, from ${x} of the width`, async () => {
          const from = await place(x);
          const top = await scrolled();
          // A finger that a busy machine lets rest is one that holds the crosshair: the next one is faster.
          await swipe(from, { x: 0, y: -20 });
          const now = await scrolled();
          return now > top + 60 || `${now}, not more than ${top}`;
        });
        assertEquals((await sight(page)).last, seen.last);
      }
      await until("older candles", async () => {
        const from = await place(0.2);
        const top = await scrolled();
        await swipe(from, { x: 20, y: 0 });
        // A line of numbers that became longer may move the page by itself, by less than a swipe does.
        const moved = Math.abs(await scrolled() - top);
        assert(moved < 30, `the page moved by ${moved}`);
        const { first } = await sight(page);
        return first < seen.first - 5 || `${first}, not before ${seen.first}`;
      });
    });
  },
);
