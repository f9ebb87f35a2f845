import { assertEquals } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { freePorts } from "../services/ports.ts";
import { progressOnStderr } from "../services/progress.ts";
import { startBrowser } from "./browser.ts";
import { RunningRole } from "./role.ts";

integrationTest(
  "on the page of role local a symbol is found at the feed and added, and followed after a restart too",
  async () => {
    const folder = await Deno.makeTempDir();
    const [port] = freePorts(1) as [number];
    await using simulator = new RunningRole("simulator", [
      "--listen",
      "127.0.0.1:0",
      "--symbols",
      "AAPL,BINANCE:BTCUSDT",
      "--rate",
      "40",
    ], {});
    const [, ws, rest] = await simulator.says(/FINNHUB_WS_URL=(\S+) FINNHUB_REST_URL=(\S+)/);
    const start = async () => {
      const role = new RunningRole("local", ["--listen", `127.0.0.1:${port}`, "--data", folder], {
        FINNHUB_API_TOKEN: "page-secret-token",
        FINNHUB_STOCKS_TICKERS: "AAPL",
        FINNHUB_WS_URL: ws!,
        FINNHUB_REST_URL: rest!,
      });
      await role.http();
      return role;
    };
    await using browser = await startBrowser(progressOnStderr());
    try {
      const role = await start();
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${port}/`);
      await page.locator('#watch [data-symbol="AAPL"]').waitFor();
      assertEquals(await page.locator("#find").isHidden(), true);

      await page.keyboard.press("/");
      await page.keyboard.type("btc");
      await page.keyboard.press("Enter");
      const add = page.locator("#found button");
      await add.waitFor();
      assertEquals(await add.textContent(), "+ BINANCE:BTCUSDT");
      await add.click();
      await page.locator("#find-note", { hasText: "BINANCE:BTCUSDT is followed" }).waitFor();
      await page.locator('#watch [data-symbol="BINANCE:BTCUSDT"]').waitFor();

      await page.locator("#filter").fill("nothing like it");
      await page.locator("#find-button").click();
      await page.locator("#find-note", { hasText: "nothing found" }).waitFor();
      assertEquals((await role.stop()).code, 0);
      assertEquals(`${role.stdout}${role.stderr}`.includes("page-secret-token"), false);

      const again = await start();
      await again.says(/"message":"feed connected".*"symbols":2/);
      await again.stop();
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
