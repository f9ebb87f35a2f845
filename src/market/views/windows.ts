import type { Calendar } from "../calendar/calendar.ts";
import { type Alignment, candlesOf, lengthOf } from "../series.ts";

export interface Window {
  /** Milliseconds since the epoch; the end is not included. */
  start: number;
  end: number;
}

/**
 * The window of an interval that holds a time: days and weeks are those of the exchange. By session the first window of each session
 * begins with it and the last one ends with it; what lies between sessions is aligned likewise to where they end.
 */
export function windowOf(
  calendar: Calendar,
  interval: string,
  time: number,
  align: Alignment = "epoch",
): Window {
  if (interval === "1d") return calendar.dayOf(time);
  if (interval === "1w") return calendar.weekOf(calendar.dayOf(time));
  const lengthMs = lengthOf(interval);
  const { end, start } = align === "session" ? stretchOf(calendar, time) : { start: 0, end: Infinity };
  const first = start + Math.floor((time - start) / lengthMs) * lengthMs;
  return { start: first, end: Math.min(first + lengthMs, end) };
}

/** The session that holds a time, or what lies between two sessions of its day. */
function stretchOf(calendar: Calendar, time: number): Window {
  const day = calendar.dayOf(time);
  const stretch = { start: day.start, end: day.end };
  for (const { end, start } of day.sessions) {
    for (const edge of [start, end]) {
      if (edge <= time) stretch.start = Math.max(stretch.start, edge);
      else stretch.end = Math.min(stretch.end, edge);
    }
  }
  return stretch;
}

const MINUTE_MS = 60_000;

/**
 * The longest stored candles of which none lies in two windows of an interval; undefined where its own are stored.
 */
export function baseOf(
  calendar: Calendar,
  interval: string,
  align: Alignment,
): "1m" | "5m" | "1h" | undefined {
  const lengthMs = lengthOf(interval);
  const stored = candlesOf(interval) !== undefined;
  if (align === "epoch" || interval === "1d" || interval === "1w") {
    return stored ? undefined : interval === "30m" ? "5m" : "1h";
  }
  const base = calendar.edgesAt(5 * MINUTE_MS) ? "5m" : "1m";
  return stored && lengthMs <= lengthOf(base) ? undefined : base;
}
