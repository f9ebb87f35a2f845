import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import type { OperatorStatus } from "../../src/operator/status/operator_status.ts";
import { startBrowser } from "../e2e/browser.ts";
import { integrationTest } from "../needs.ts";
import { progressOnStderr } from "../services/progress.ts";
import { Operating } from "./operating.ts";

/** Waits until the page says so by itself, and returns the milliseconds that it took. */
async function saying(page: Page, word: string, timeout = 60_000): Promise<number> {
  const began = performance.now();
  await page.locator("#overall-word").filter({ hasText: new RegExp(`^${word}$`) }).waitFor({ timeout });
  return Math.round(performance.now() - began);
}

integrationTest("the operator's page while it works", async (t) => {
  await using stage = await Operating.set();
  const operator = stage.operator();
  const browser = await startBrowser(progressOnStderr());
  try {
    const page = await browser.newPage();
    const wrong: string[] = [];
    page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
    page.on("pageerror", (error) => wrong.push(String(error)));
    const url = await operator.http();
    await page.goto(url);

    await t.step("from a bare cluster to ready, without a reload", async () => {
      await saying(page, "Ready");
      const states = await page.locator("#component-list .row").evaluateAll((rows) => {
        return rows.map((row) =>
          `${row.id} ${(row as unknown as { dataset: { state: string } }).dataset.state}`
        );
      });
      assert(states.includes("c-kafka ready") && states.includes("c-cassandra ready"), states.join());
      assert(await page.locator("#events li").count() > 3);
      assertEquals(await page.locator("#name").textContent(), "pipeline");
      assertEquals(wrong, []);
    });

    await t.step("the same as JSON, without a secret", async () => {
      const text = await (await fetch(`${url}/status`)).text();
      const status: OperatorStatus = JSON.parse(text);
      assertEquals([status.leader, status.pipeline?.ready, status.pipeline?.paused], [true, true, false]);
      assert(!text.includes("feed-secret"));
    });

    await t.step("what happens to the pipeline is seen within seconds", async () => {
      await stage.kubectl("scale", "deployment", "processor", "--replicas=3");
      await page.locator("#events li", { hasText: "Deployment processor" }).first().waitFor({
        timeout: 5_000,
      });
      await stage.change({ paused: true });
      await saying(page, "Paused", 10_000);
      await stage.change({ paused: false });
      await saying(page, "Ready", 30_000);
    });

    await t.step("an operator that stands by says so", async () => {
      const second = stage.operator();
      const other = await browser.newPage();
      await other.goto(await second.http());
      await saying(other, "Standing by", 10_000);
      await other.locator("a.node", { hasText: "stands by" }).waitFor();
      await other.close();
      await second.stop();
    });

    await t.step("a page that is open does not keep the operator from stopping", async () => {
      const { code, ms } = await operator.stop();
      assertEquals(code, 0);
      assert(ms < 5_000, `${ms} ms`);
      await page.locator("#link[data-link=lost]").waitFor({ timeout: 10_000 });
    });
  } finally {
    await browser.close();
  }
});
