import { assert, assertEquals } from "@std/assert";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { OperatorStatus } from "../../src/operator/status/operator_status.ts";
import { changesOf } from "../../src/operator/status/status_view.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { operatorApp } from "../../src/web/operator.ts";
import { pageScript } from "../../src/web/page_script.ts";
import { type HttpServer, serveHttp } from "../../src/web/http/server.ts";
import { integrationTest } from "../needs.ts";
import { progressOnStderr } from "../services/progress.ts";
import { startBrowser } from "./browser.ts";
import { complete, degraded, NAMES, progressing, ready } from "./operator_status.ts";

/** The operator's HTTP side with a status that the test sets; it can go away and come back on the same port. */
class FakeOperator implements AsyncDisposable {
  status: OperatorStatus = progressing();
  #stop = new AbortController();
  #http: HttpServer;

  constructor(readonly script: string) {
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
      script: this.script,
      status: read,
      changes: (signal) => changesOf(read, signal, 50),
      registry: new MetricRegistry(),
      ready: () => [],
      hosts: { hostname: "127.0.0.1", allowed: [] },
      signal: this.#stop.signal,
    });
    return serveHttp(app, { hostname: "127.0.0.1", port }, {
      registry: new MetricRegistry(),
      log: createLogger({ level: "error", format: "json", write: () => {}, now: Date.now }),
    });
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

/** Boxes of the picture that overlap, that their words do not fit into, and that an edge goes through. */
const COLLISIONS = `(() => {
  const boxes = [...document.querySelectorAll("#flow a.node")].map((node) => ({
    name: node.getAttribute("aria-label"),
    rect: node.querySelector(".frame").getBoundingClientRect(),
  }));
  const inside = ({ left, right, top, bottom }, x, y) => x > left + 3 && x < right - 3 && y > top + 3 && y < bottom - 3;
  const found = boxes.flatMap((a, i) =>
    boxes.slice(i + 1).filter((b) =>
      a.rect.left < b.rect.right && b.rect.left < a.rect.right && a.rect.top < b.rect.bottom && b.rect.top < a.rect.bottom
    ).map((b) => a.name + " on " + b.name)
  );
  for (const { name, rect } of boxes) {
    const words = [...document.querySelectorAll(\`#flow a[aria-label="\${name}"] text\`)];
    if (words.some((word) => word.getBoundingClientRect().right > rect.right - 3)) found.push("words out of " + name);
  }
  for (const edge of document.querySelectorAll("#flow path.edge")) {
    const matrix = edge.getScreenCTM();
    for (let at = 0; at <= edge.getTotalLength(); at += 2) {
      const { x, y } = edge.getPointAtLength(at).matrixTransform(matrix);
      const through = boxes.find(({ rect }) => inside(rect, x, y));
      if (through) {
        found.push("an edge through " + through.name);
        break;
      }
    }
  }
  return found;
})()`;

integrationTest("the operator's page in a browser", async (t) => {
  const browser = await startBrowser(progressOnStderr());
  try {
    await steps(t, browser, await pageScript("operator"));
  } finally {
    await browser.close();
  }
});

async function steps(t: Deno.TestContext, browser: Browser, script: string): Promise<void> {
  await t.step("shows every component, and goes from progressing to ready by itself", async () => {
    await using operator = new FakeOperator(script);
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

  await t.step(
    "draws what may be asked for when it was, and no box lies upon another or on a way",
    async () => {
      await using operator = new FakeOperator(script);
      operator.status = ready();
      await using opened = await open(browser, operator);
      const { page, wrong } = opened;
      const batch = page.locator("#flow a.node", { hasText: "batch" });
      await page.locator("#flow a.node", { hasText: "grafana" }).waitFor();
      assertEquals(await batch.count(), 0);
      operator.status = complete();
      await batch.waitFor();
      assertEquals(await batch.getAttribute("href"), "#c-batch");
      for (const [shape, width] of [["wide", 1180], ["narrow", 360]] as const) {
        await page.setViewportSize({ width, height: 900 });
        await page.locator(`#flow svg.${shape}`).waitFor();
        assertEquals(
          await page.locator("#flow a.node").count(),
          NAMES.length + 2,
          "and Finnhub and the operator",
        );
        assertEquals(await page.evaluate(COLLISIONS), [], shape);
        await picture(page, `complete-${shape}`);
      }
      assertEquals(wrong, []);
    },
  );

  await t.step("fits a phone of 360 pixels, in the dark too", async () => {
    await using operator = new FakeOperator(script);
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
    await using operator = new FakeOperator(script);
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
    await using operator = new FakeOperator(script);
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
    await using operator = new FakeOperator(script);
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
