import { assert, assertEquals } from "@std/assert";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { changesOf, type OperatorStatus } from "../../src/operator/status_view.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { operatorApp } from "../../src/web/operator.ts";
import { type HttpServer, serveHttp } from "../../src/web/probes.ts";
import { integrationTest } from "../needs.ts";
import { progressOnStderr } from "../services/progress.ts";
import { startBrowser } from "./browser.ts";
import { degraded, NAMES, progressing, ready } from "./operator_status.ts";

/** The operator's HTTP side with a status that the test sets; it can go away and come back on the same port. */
class FakeOperator implements AsyncDisposable {
  status: OperatorStatus = progressing();
  #stop = new AbortController();
  #http: HttpServer;

  constructor() {
    this.#http = this.#serve(0);
  }

  get url(): string {
    return this.#http.url;
  }

  async goAway(): Promise<void> {
    this.#stop.abort();
    await this.#http.close();
  }

  comeBack(): void {
    this.#stop = new AbortController();
    this.#http = this.#serve(Number(new URL(this.#http.url).port));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.goAway();
  }

  #serve(port: number): HttpServer {
    const read = () => this.status;
    const app = operatorApp({
      status: read,
      changes: (signal) => changesOf(read, signal, 50),
      registry: new MetricRegistry(),
      ready: () => [],
      signal: this.#stop.signal,
    });
    return serveHttp(app, { hostname: "127.0.0.1", port });
  }
}

/** A page, with what went wrong on it and what it asked of others. */
async function open(browser: Browser, operator: FakeOperator, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1180, height: 900 }, ...options });
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") wrong.push(message.text());
  });
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(operator.url)) wrong.push(`asked for ${request.url()}`);
  });
  await page.goto(operator.url);
  await page.locator("#component-list .row").first().waitFor();
  return { page, wrong, [Symbol.asyncDispose]: () => context.close() };
}

/** Keeps a picture for people when SCREENSHOTS names a folder. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("SCREENSHOTS");
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

const stateOf = (page: Page, name: string) => page.locator(`#c-${name}`).getAttribute("data-state");
const overallIs = (page: Page, word: string) =>
  page.locator("#overall-word").filter({ hasText: new RegExp(`^${word}$`) }).waitFor();
const overflow = (page: Page) =>
  page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");

integrationTest("the operator's page in a browser", async (t) => {
  const browser = await startBrowser(progressOnStderr());
  try {
    await steps(t, browser);
  } finally {
    await browser.close();
  }
});

async function steps(t: Deno.TestContext, browser: Browser): Promise<void> {
  await t.step("shows every component, and goes from progressing to ready by itself", async () => {
    await using operator = new FakeOperator();
    await using opened = await open(browser, operator);
    const { page, wrong } = opened;
    await overallIs(page, "Progressing");
    assertEquals(await page.locator("#component-list .row").count(), NAMES.length);
    assertEquals([await stateOf(page, "kafka"), await stateOf(page, "producer")], ["progressing", "waiting"]);
    assertEquals(await page.locator("#doing li").allTextContents(), ["kafka 1 of 3 pods are ready"]);
    assert(
      (await page.locator("#flow a.node", { hasText: "kafka" }).textContent())!.includes("progressing 1/3"),
    );
    await picture(page, "progressing");
    operator.status = ready();
    await overallIs(page, "Ready");
    assertEquals([await stateOf(page, "kafka"), await page.locator("#rate").textContent()], [
      "ready",
      "1,234",
    ]);
    for (let i = 1; i <= 8; i++) {
      operator.status = ready(1234 + 40 * Math.round(5 * Math.sin(i)), Math.round(12 + 8 * Math.cos(i)));
      await page.locator("#lag").filter({ hasText: String(operator.status.throughput!.lagRecords) })
        .waitFor();
    }
    await picture(page, "ready");
    assertEquals(wrong, []);
  });

  await t.step("fits a phone of 360 pixels, in the dark too", async () => {
    await using operator = new FakeOperator();
    operator.status = degraded(
      `pod processor-0: image ${"registry.example/".repeat(6)}pipe:9 cannot be pulled`,
    );
    await using opened = await open(browser, operator, {
      viewport: { width: 360, height: 740 },
      colorScheme: "dark",
    });
    const { page, wrong } = opened;
    await overallIs(page, "Degraded");
    assertEquals(await overflow(page), 0);
    const dark = await page.evaluate("getComputedStyle(document.body).backgroundColor");
    assertEquals(dark, "rgb(14, 23, 29)");
    await picture(page, "phone-dark-degraded");
    assertEquals(wrong, []);
    await page.setViewportSize({ width: 1180, height: 900 });
    await page.locator("#flow svg.wide").waitFor();
    await picture(page, "dark-degraded");
  });

  await t.step("says that the connection is lost, and goes on when the operator is back", async () => {
    await using operator = new FakeOperator();
    await using opened = await open(browser, operator);
    const { page } = opened;
    await page.locator("#link[data-link=live]").waitFor();
    await operator.goAway();
    await page.locator("#link[data-link=lost]").waitFor();
    assert((await page.locator("#link").textContent())!.startsWith("connection lost at"));
    await picture(page, "lost");
    operator.status = ready();
    operator.comeBack();
    await page.locator("#link[data-link=live]").waitFor();
    await overallIs(page, "Ready");
  });

  await t.step("is reached by keyboard: from the picture's node to its row", async () => {
    await using operator = new FakeOperator();
    operator.status = ready();
    await using opened = await open(browser, operator);
    const { page } = opened;
    const label = () => page.evaluate("document.activeElement?.getAttribute('aria-label') ?? ''");
    for (let i = 0; i < 20 && !String(await label()).startsWith("kafka:"); i++) {
      await page.keyboard.press("Tab");
    }
    assertEquals(await label(), "kafka: ready 3/3");
    await page.keyboard.press("Enter");
    await page.locator("#c-kafka:target").waitFor();
  });

  await t.step("what names and messages hold is text, never markup", async () => {
    await using operator = new FakeOperator();
    const evil = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
    operator.status = { ...degraded(evil), doing: [evil] };
    operator.status.pipeline!.name = evil;
    await using opened = await open(browser, operator);
    const { page, wrong } = opened;
    await overallIs(page, "Degraded");
    assertEquals(await page.locator("main img, main script").count(), 0);
    assertEquals(await page.locator("#doing li").textContent(), evil);
    assert((await page.title()).startsWith("Degraded: <img"));
    assertEquals(wrong, []);
  });
}
