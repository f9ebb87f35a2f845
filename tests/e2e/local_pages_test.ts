import { assert, assertEquals } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { progressOnStderr } from "../services/progress.ts";
import { RunningRole } from "./role.ts";

const PAGES = 200;
const SECONDS = 5;

/** Counts the updates that a page gets until the signal is aborted. */
async function countUpdates(
  url: string,
  signal: AbortSignal,
  updates: Uint32Array,
  page: number,
): Promise<void> {
  try {
    const response = await fetch(`${url}/api/stream?symbol=AAPL&interval=5s`, { signal });
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      updates[page]! += text.split("event: tick\n").length - 1;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

integrationTest(
  "local: 200 pages at once each get their updates, at most ten a second, at 1,000 trades a second",
  async () => {
    const say = progressOnStderr();
    await using role = new RunningRole("local", ["--listen", "127.0.0.1:0", "--rate", "1000"], {
      FINNHUB_API_TOKEN: "",
    });
    const url = await role.http();
    const stop = new AbortController();
    const updates = new Uint32Array(PAGES);
    const pages = Promise.all(
      Array.from(updates, (_, page) => countUpdates(url, stop.signal, updates, page)),
    );
    await role.says(/partitions assigned/);
    const before = updates.slice();
    const start = performance.now();
    await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
    const perSecond = updates.map((count, page) => count - before[page]!);
    const seconds = (performance.now() - start) / 1000;
    assertEquals(await role.metric("finnhub_pipe_dashboard_pages"), PAGES);
    assertEquals(await role.metric("finnhub_pipe_producer_trades_shed_total"), 0);
    // A body that is read may miss its signal: the server's end ends the pages too.
    stop.abort();
    assertEquals((await role.stop()).code, 0);
    await pages;
    const [least, most] = [Math.min(...perSecond) / seconds, Math.max(...perSecond) / seconds];
    say(`updates a second and page: ${least.toFixed(1)} to ${most.toFixed(1)}`);
    assert(least >= 1, `a page got ${least} updates a second`);
    // One more than ten may fall into the first or last tenth of a second.
    assert(most <= 10 + 2 / SECONDS, `a page got ${most} updates a second`);
  },
);
