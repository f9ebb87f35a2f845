import { assertEquals } from "@std/assert";
import {
  completeness,
  gapsOf,
  GRACE_MS,
  type StoredSpan,
} from "../../../../src/market/following/completeness.ts";

const T = Date.UTC(2026, 0, 31, 12);
const NOW = T + 10 * GRACE_MS;
const gap = (from: number, to?: number, more: Partial<StoredSpan> = {}): StoredSpan => ({
  kind: "gap",
  symbol: "A",
  from: T + from,
  ...(to !== undefined && { to: T + to }),
  why: "lost",
  ...more,
});
const followed = (from: number, to: number): StoredSpan => ({
  kind: "followed",
  symbol: "A",
  from: T + from,
  to: T + to,
  why: "",
});

/** Of windows of a second that start at these seconds. */
const judged = (spans: readonly StoredSpan[], starts: readonly number[], now = NOW) =>
  starts.map((start) => completeness(spans, now)(T + start * 1000, T + (start + 1) * 1000));

Deno.test("a window is complete where its symbol was followed, not where a gap touches it, and unknown before", () => {
  const spans = [followed(1000, 3500), gap(3500, 5200), followed(5200, 9000)];
  assertEquals(judged(spans, [-1, 0, 1, 2, 3, 4, 5, 6, 8]), [
    undefined,
    undefined,
    true,
    true,
    false,
    false,
    false,
    true,
    true,
  ]);
  assertEquals(judged([...spans].reverse(), [0, 3, 6]), [undefined, false, true], "in any order");
});

Deno.test("a gap touches neither the window that ends with its start nor the one that starts with its end", () => {
  const spans = [followed(0, 2000), gap(2000, 3000), followed(3000, 4000)];
  assertEquals(judged(spans, [1, 2, 3]), [true, false, true]);
});

Deno.test("a gap that is open goes on, and one that nobody closed ends with what was told next", () => {
  assertEquals(judged([followed(0, 2000), gap(2000)], [1, 2, 90_000]), [true, false, false]);
  const killed = [followed(0, 1000), gap(2000), gap(4000, 6000, { why: "restart" }), followed(6000, 6000)];
  assertEquals(judged(killed, [1, 3, 5, 6]), [true, false, false, true]);
  assertEquals(gapsOf(killed), [
    { from: T + 2000, to: T + 4000, why: "lost" },
    { from: T + 4000, to: T + 6000, why: "restart" },
  ]);
});

Deno.test("a symbol of which nothing was told for longer than an hour and a half is not known to be followed", () => {
  const seconds = GRACE_MS / 1000;
  assertEquals(judged([followed(0, 0)], [seconds - 1, seconds]), [true, undefined]);
  assertEquals(judged([], [0]), [undefined]);
});

Deno.test("of a window under way what is to come counts for nothing", () => {
  assertEquals(judged([followed(-60_000, 200)], [0], T + 300), [true]);
  const judge = completeness([followed(0, 0), gap(500, 600)], T + 400);
  assertEquals(judge(T, T + 1000), true, "a gap of another clock, which is ahead");
});

Deno.test("a gap that was filled leaves its windows complete", () => {
  const spans = [
    followed(0, 2000),
    gap(2000, 4000, { filledAt: NOW, filledFrom: "tick" }),
    followed(4000, 9000),
  ];
  assertEquals(judged(spans, [1, 2, 3, 4]), [true, true, true, true]);
  assertEquals(gapsOf(spans)[0]!.filledFrom, "tick");
});
