import { assert, assertEquals } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { progressOnStderr } from "../services/progress.ts";
import { startBrowser } from "./browser.ts";
import { chartTable, saved } from "./chart_table.ts";
import { RunningRole } from "./role.ts";

const HOUR = 3_600_000;

integrationTest(
  "the chart in sight can be taken as a table and as a picture, and End leads to the newest",
  async () => {
    await using role = new RunningRole("local", ["--listen", "127.0.0.1:0"], { FINNHUB_API_TOKEN: "" });
    const [, url] = await role.says(/the live page is at (\S+)/);
    await using browser = await startBrowser(progressOnStderr());
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const wrong: string[] = [];
    page.on("pageerror", (error) => wrong.push(String(error)));
    await page.goto(`${url}/#symbol=BINANCE%3ABTCUSDT&interval=1m`);
    await page.locator("#chosen-card:not([aria-busy])").waitFor();

    const { bytes, name } = await saved(page, "#save-picture");
    assertEquals([name, [...bytes.subarray(1, 4)]], ["BINANCE_BTCUSDT_1m.png", [0x50, 0x4e, 0x47]]);
    const [head, ...rows] = await chartTable(page);
    assertEquals(head, ["start", "open", "high", "low", "close", "volume", "vwap", "trades"]);
    assert(rows.length >= 30, `${rows.length} rows`);
    const query = "symbol=BINANCE%3ABTCUSDT&interval=1m&limit=400";
    const { candles } = await (await fetch(`${url}/api/candles?${query}`)).json();
    const known = new Map(
      candles.map((each: { start: number }) => [new Date(each.start).toISOString(), each]),
    );
    // The newest one changes meanwhile.
    for (const [start, open, high, low, close, volume, , trades] of rows.slice(0, -1)) {
      const right = known.get(start) as Record<string, number>;
      assertEquals(
        [open, high, low, close, volume, trades],
        [right.open, right.high, right.low, right.close, right.volume, right.trades].map(String),
        start,
      );
    }

    for (const scale of ["Log", "Percent", "Linear"]) {
      await page.locator("#scale").click();
      assertEquals(await page.textContent("#scale"), scale);
    }
    const newest = async () => (await chartTable(page)).at(-1)![0]!;
    const box = (await page.locator("#chart").boundingBox())!;
    await page.mouse.move(box.x + 100, box.y + 100);
    await page.mouse.down();
    await page.mouse.move(box.x + 600, box.y + 100, { steps: 5 });
    await page.mouse.up();
    await until("older candles", async () => {
      const start = await newest();
      return Date.now() - Date.parse(start) > HOUR / 6 || start;
    });
    await page.keyboard.press("End");
    await until("the newest candle", async () => {
      const start = await newest();
      return Date.now() - Date.parse(start) < HOUR / 20 || start;
    });
    assertEquals(wrong, []);
  },
);

integrationTest("prices are drawn linear, logarithmic or in percent", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const start = Math.floor((Date.now() - HOUR) / 60_000) * 60_000;
    const data = [100, 400, 150, 1600, 200].map((p, i) => ({
      s: "A",
      p,
      t: start + i * 60_000,
      v: 1,
      c: [],
    }));
    await Deno.writeTextFile(`${folder}/replay.ndjson`, JSON.stringify({ type: "trade", data }));
    await using role = new RunningRole(
      "local",
      ["--listen", "127.0.0.1:0", "--replay", `${folder}/replay.ndjson`],
      { FINNHUB_API_TOKEN: "" },
    );
    const [, url] = await role.says(/the live page is at (\S+)/);
    await using browser = await startBrowser(progressOnStderr());
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(`${url}/#symbol=A&interval=1m`);
    await page.locator("#chosen-card:not([aria-busy])").waitFor();
    await page.locator("#feed", { hasText: "recording has ended" }).waitFor();
    await until("every candle", async () => (await chartTable(page)).length === 6 || "fewer");
    // Nothing moves any more: pictures differ by their scale alone.
    const picture = async () => (await saved(page, "#save-picture")).bytes.toBase64();
    const pictures = [await picture()];
    for (let i = 0; i < 3; i++) {
      await page.locator("#scale").click();
      pictures.push(await picture());
    }
    assertEquals(new Set(pictures).size, 3);
    assert(pictures[3] === pictures[0], "the third click leads back");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
