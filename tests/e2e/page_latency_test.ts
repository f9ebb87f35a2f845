import { assert } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { progressOnStderr } from "../services/progress.ts";
import { startBrowser } from "./browser.ts";
import { RunningRole } from "./role.ts";

const SAMPLES = 500;
/** Trades a second. */
const RATES = [50, 1000];

/** In the browser: how old each new trade of the tape is when the picture with it is drawn, milliseconds. */
function watchTape(wanted: number): Promise<number[]> {
  // The browser's own names, which Deno's types do not have.
  // deno-lint-ignore no-explicit-any
  const { document, MutationObserver, requestAnimationFrame } = globalThis as any;
  return new Promise((resolve) => {
    const ages: number[] = [];
    new MutationObserver((records: { addedNodes: Iterable<{ dataset?: { time: string } }> }[]) => {
      const times = records.flatMap(({ addedNodes }) => [...addedNodes]).map(({ dataset }) =>
        Number(dataset?.time)
      );
      requestAnimationFrame(() =>
        // A task of its own comes after the frame was drawn.
        setTimeout(() => {
          for (const time of times) ages.push(Date.now() - time);
          if (ages.length >= wanted) resolve(ages);
        })
      );
    }).observe(document.getElementById("tape"), { childList: true });
  });
}

for (const rate of RATES) {
  integrationTest(`a trade on the feed is on the page in a moment, at ${rate} trades a second`, async () => {
    const say = progressOnStderr();
    const market = ["--listen", "127.0.0.1:0", "--symbols", "AAPL", "--rate", String(rate)];
    await using simulator = new RunningRole("simulator", market, {});
    const [, ws] = await simulator.says(/FINNHUB_WS_URL=(\S+)/);
    await using role = new RunningRole("local", ["--listen", "127.0.0.1:0"], {
      FINNHUB_API_TOKEN: "t",
      FINNHUB_STOCKS_TICKERS: "AAPL",
      FINNHUB_WS_URL: ws!,
    });
    const [, address] = await role.says(/live page is at (\S+)/);
    await using browser = await startBrowser(say);
    const page = await browser.newPage();
    await page.goto(address!);
    await page.locator("#tape tr").nth(5).waitFor();
    const ages = (await page.evaluate(watchTape, SAMPLES)).sort((a, b) => a - b);
    const at = (q: number) => ages[Math.floor(ages.length * q)]!;
    say(
      `${rate} trades/s, from the trade's time to the page: p50 ${at(0.5)} ms, p99 ${
        at(0.99)
      } ms of ${ages.length}`,
    );
    // Updates are bundled to 25 a second, which alone costs up to 40 ms; 100 ms are the aim, and the bound is for a busy machine.
    assert(at(0) >= 0 && at(0.5) < 100, `p50 ${at(0.5)} ms`);
    assert(at(0.99) < 1000, `p99 ${at(0.99)} ms`);
  });
}
