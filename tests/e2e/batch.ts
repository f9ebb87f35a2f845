import { assertEquals, assertStringIncludes } from "@std/assert";
import { seededRandom } from "../../src/finnhub/random.ts";
import { encodeMessage } from "../../src/market/message.ts";
import type { Trade } from "../../src/market/trade.ts";
import type { Pipeline } from "./pipeline.ts";
import { type Ended, runToEnd } from "./role.ts";
import { writeTopic } from "./topic.ts";

export const HOUR = 3_600_000;
/** The last midnight: trades around it are in two hours, days, and perhaps months. */
export const MIDNIGHT = Math.floor(Date.now() / 86_400_000) * 86_400_000;
export const RANGE = [
  "--from",
  new Date(MIDNIGHT - 2 * HOUR).toISOString(),
  "--to",
  "now",
  "--settle",
  "200ms",
];

/** Trades of an hour or so around midnight, some late, some at one time, some without volume. */
export function madeTrades(symbol: string, count: number, seed: number): Trade[] {
  const random = seededRandom(seed);
  const start = MIDNIGHT - HOUR / 2;
  const span = Math.min(HOUR, Date.now() - start);
  return Array.from({ length: count }, (_, i) => ({
    symbol,
    price: Math.round(10_000 + random() * 1000) / 100,
    volume: random() < 0.1 ? 0 : Math.round(random() * 1000) / 100,
    time: Math.floor(start + Math.max(0, Math.floor(i / 2) * 2 / count - random() * 0.02) * span),
    conditions: random() < 0.2 ? ["1", "12"] : [],
  }));
}

export async function send(pipeline: Pipeline, trades: readonly Trade[]): Promise<void> {
  const messages: Uint8Array[] = [];
  for (let i = 0; i < trades.length; i += 3) messages.push(encodeMessage(trades.slice(i, i + 3)));
  await writeTopic(pipeline, messages, trades[0]!.symbol);
}

export const frames = (trades: readonly Trade[]): string =>
  trades.map(({ conditions, price, symbol, time, volume }) =>
    JSON.stringify({
      data: [{ c: conditions.length > 0 ? conditions : null, p: price, s: symbol, t: time, v: volume }],
      type: "trade",
    }) + "\n"
  ).join("");

export const backfill = (pipeline: Pipeline, args: string[]): Promise<Ended> =>
  runToEnd(["backfill", "--log-level", "warn", ...args], pipeline.env);

export async function assertClean(pipeline: Pipeline, range = RANGE): Promise<void> {
  const { code, stderr, stdout } = await backfill(pipeline, [...range, "--check"]);
  assertEquals(code, 0, stdout + stderr);
  assertStringIncludes(stdout, "\n0 difference(s)\n");
}

/** In the order in which imported trades count: by time, those of one time as in the file. */
export const byTime = (trades: readonly Trade[]): Trade[] => [...trades].sort((a, b) => a.time - b.time);
