import { assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import type { Drain } from "../../bench/drain.ts";
import { lastTimes, messages } from "../../bench/load.ts";
import { plot } from "../../bench/plot.ts";
import { busyPart } from "../../bench/quiet.ts";
import { type BenchResult, doubts, drift, type Entry, median, ratios, report } from "../../bench/report.ts";

const drain = (rowsPerSecond: number): Drain => ({
  rowsPerSecond,
  firstRowSeconds: 0.6,
  cpuSeconds: 4,
  peakMiB: 190,
});
const entry = (name: string, ...rates: number[]): Entry => ({
  name,
  drains: rates.map(drain),
  latencies: [{ tradesPerSecond: 100, samples: 800, p50: 2, p90: 4, p99: 9, max: 40 }],
});
const RESULT: BenchResult = {
  trades: 500_000,
  bareReadPerSecond: 900_000,
  bareWritePerSecond: [100_000, 104_000, 98_000, 101_000],
  entries: [entry("ours", 90_000, 120_000, 100_000), entry("theirs", 60_000, 60_000, 100_000)],
  quiet: true,
};

Deno.test("a contestant is compared round by round, and the table has the median of the rounds", () => {
  const [ours, theirs] = RESULT.entries;
  assertEquals(ratios(ours!, theirs!), [1.5, 2, 1]);
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 2, 3]), 2.5);
  const text = report(RESULT).join("\n");
  assertStringIncludes(text, "1.50 times");
  assertStringIncludes(text, "100,000");
  assertStringIncludes(text, "2.0/9.0");
});

Deno.test("a run in which the machine drifted or was not quiet says that it is not to be trusted", () => {
  assertEquals(doubts(RESULT), []);
  assertAlmostEquals(drift([100, 90, 110]), 0.2, 1e-9);
  const drifted = { ...RESULT, bareWritePerSecond: [100_000, 84_000], quiet: false };
  assertStringIncludes(doubts(drifted).join(), "drifted by 17 %, and the machine was not quiet");
  assertStringIncludes(report(drifted).join("\n"), "Do not trust this run");
});

Deno.test("the picture has a bar for each contestant at each rate", () => {
  const svg = plot(RESULT);
  assertEquals(svg.match(/<rect x="160"/g)?.length, 2 + 1 + 2);
});

Deno.test("the newest row of each symbol is the last that the load has of it", () => {
  for (const trades of [5, 20, 35, 100]) {
    const last = new Map<string, number>();
    for (const { symbol, trades: made } of messages({ trades, partitions: 4 }, 1000)) {
      last.set(symbol, made.at(-1)!.time);
    }
    const times = lastTimes(trades, 1000).filter(({ symbol }) => last.has(symbol));
    assertEquals(new Map(times.map(({ symbol, time }) => [symbol, time])), last, `${trades} trades`);
  }
});

Deno.test("how busy the machine was is read from the kernel's counts of all processors", () => {
  const stat = (user: number, idle: number, wait: number) =>
    `cpu  ${user} 0 0 ${idle} ${wait} 0 0 0 0 0\ncpu0 1 2 3\n`;
  assertEquals(busyPart(stat(100, 100, 0), stat(200, 350, 50)), 0.25);
  assertEquals(busyPart(stat(1, 1, 1), stat(1, 1, 1)), 0);
});
