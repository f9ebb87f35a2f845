import type { BrowserContextOptions, Page } from "playwright-core";
import { assertEquals } from "@std/assert";
import type { Trade } from "../../src/market/trade.ts";
import { progressOnStderr } from "../services/progress.ts";
import { startBrowser } from "./browser.ts";
import { RunningRole } from "./role.ts";

/** A page of the live market that plays known trades. */
export interface ReplayPage {
  page: Page;
  url: string;
  role: RunningRole;
}

export interface ReplayOptions {
  /** In order of time. */
  trades: readonly Trade[];
  /** How many times faster than they were; default as fast as can be. */
  speed?: string;
  /** What the page is opened with, from `#` on. */
  hash?: string;
  browser?: BrowserContextOptions;
  /** Called before the page is opened. */
  prepare?(page: Page): Promise<unknown>;
}

/** Opens the page on these trades, and sees that no script on it failed. */
export async function withReplayPage(
  { browser: options, hash = "", prepare, speed = "max", trades }: ReplayOptions,
  work: (opened: ReplayPage) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const frames = trades.map(({ conditions, price, symbol, time, volume }) =>
      JSON.stringify({ type: "trade", data: [{ s: symbol, p: price, t: time, v: volume, c: conditions }] })
    );
    await Deno.writeTextFile(`${folder}/replay.ndjson`, frames.join("\n"));
    await using browser = await startBrowser(progressOnStderr());
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on("pageerror", (error) => wrong.push(String(error)));
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) wrong.push(message.text());
    });
    await prepare?.(page);
    await using role = new RunningRole(
      "local",
      ["--listen", "127.0.0.1:0", "--replay", `${folder}/replay.ndjson`, "--speed", speed],
      { FINNHUB_API_TOKEN: "" },
    );
    const [, url] = await role.says(/the live page is at (\S+)/);
    await page.goto(`${url}/${hash}`);
    await loaded(page);
    await work({ page, url: url!, role });
    assertEquals(wrong, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Waits until what was chosen is shown. */
export const loaded = (page: Page): Promise<void> => page.locator("#chosen-card:not([aria-busy])").waitFor();

/** Waits until the whole recording was played. */
export const played = (page: Page): Promise<void> =>
  page.locator("#feed", { hasText: "recording has ended" }).waitFor();

/** Texts that the page shows at places of its chart, by the candle under the crosshair. */
export async function underCrosshair(page: Page, selector: string): Promise<Map<string, string[]>> {
  const box = (await page.locator("#chart").boundingBox())!;
  const seen = new Map<string, string[]>();
  for (let x = 0.05; x < 0.9; x += 0.01) {
    await page.mouse.move(box.x + box.width * x, box.y + box.height / 3);
    // In one step: between two, a live update may come.
    const { texts, time } = await page.evaluate(
      `({ time: document.querySelector("#candle-time").textContent,
          texts: [...document.querySelectorAll(${
        JSON.stringify(selector)
      })].map(({ textContent }) => textContent) })`,
    ) as { time: string; texts: string[] };
    seen.set(time, texts);
  }
  return seen;
}
