import { HOUR_MS, hourOf } from "../market/series.ts";
import type { Unit } from "./examine.ts";
import type { BatchStore, Span } from "./ports.ts";

/** A range of named symbols up to which looking into each hour is less work than finding out which hours there are. */
const SHORT_MS = 62 * 24 * HOUR_MS;

/** Where to look for each symbol in [from, to): all that are stored, or those that are named. */
export async function spansOf(
  store: BatchStore,
  named: readonly string[] | undefined,
  from: number,
  to: number,
): Promise<Map<string, Span>> {
  if (named && to - from <= SHORT_MS) return new Map(named.map((symbol) => [symbol, { from, to }]));
  const spans = await store.spans();
  return named ? new Map([...spans].filter(([symbol]) => named.includes(symbol))) : spans;
}

/**
 * The hours to recompute, symbol after symbol, earliest first: those that touch [from, to) and may hold something.
 *
 * @param after the last unit that is done already
 */
export function* unitsOf(
  spans: ReadonlyMap<string, Span>,
  from: number,
  to: number,
  after?: Unit,
): Generator<Unit> {
  for (const symbol of [...spans.keys()].sort()) {
    if (after && symbol < after.symbol) continue;
    const span = spans.get(symbol)!;
    const end = Math.min(to, span.to);
    for (let hour = hourOf(Math.max(from, span.from)); hour < end; hour += HOUR_MS) {
      if (after && symbol === after.symbol && hour <= after.hour) continue;
      yield { symbol, hour };
    }
  }
}

/** How many {@linkcode unitsOf} yields. */
export function countUnits(spans: ReadonlyMap<string, Span>, from: number, to: number): number {
  let count = 0;
  for (const span of spans.values()) {
    const start = hourOf(Math.max(from, span.from));
    count += Math.max(0, Math.ceil((Math.min(to, span.to) - start) / HOUR_MS));
  }
  return count;
}
