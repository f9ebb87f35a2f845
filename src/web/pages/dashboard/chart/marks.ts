import type { ZonedTime } from "../clock/clock.ts";

/** How much a point of the axis may be marked, as the chart library counts it: the greater, the sooner. */
const WEIGHTS = { year: 70, month: 60, day: 50, minute: 20, second: 10 } as const;
/** Blocks of hours and of minutes that begin with a mark, the longest first. */
const HOURS = [[12, 33], [6, 32], [3, 31], [1, 30]] as const;
const MINUTES = [[30, 22], [5, 21], [1, WEIGHTS.minute]] as const;

/** Weight of a point's mark, by the time of the point before: what begins between them, a year or an hour. */
export function weightOf(now: ZonedTime, before: ZonedTime): number {
  for (const part of ["year", "month", "day"] as const) if (now[part] !== before[part]) return WEIGHTS[part];
  const begins = (part: "hour" | "minute", blocks: readonly (readonly [number, number])[]) =>
    blocks.find(([length]) => Math.floor(now[part] / length) !== Math.floor(before[part] / length))?.[1];
  return begins("hour", HOURS) ?? (now.hour === before.hour ? begins("minute", MINUTES) : undefined) ??
    WEIGHTS.second;
}
