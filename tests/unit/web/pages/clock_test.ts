import { assert, assertEquals } from "@std/assert";
import { weightOf } from "../../../../src/web/pages/dashboard/chart/marks.ts";
import { Clock } from "../../../../src/web/pages/dashboard/clock/clock.ts";
import { dayIn } from "../../../../src/web/pages/dashboard/clock/exchange.ts";

Deno.test("a clock tells the time of its zone, over the change to summer time and half hours, too", () => {
  const newYork = new Clock("America/New_York");
  // On 9 March 2025 the hour from 2 to 3 is left out.
  assertEquals(newYork.date(Date.UTC(2025, 2, 9, 6, 59, 59)), "2025-03-09 01:59:59");
  assertEquals(newYork.date(Date.UTC(2025, 2, 9, 7)), "2025-03-09 03:00:00");
  assertEquals(newYork.date(Date.UTC(2025, 0, 1, 4, 59, 59)), "2024-12-31 23:59:59");
  assertEquals(new Clock("Asia/Kolkata").date(Date.UTC(2025, 0, 31, 23, 58, 2)), "2025-02-01 05:28:02");
  const utc = new Clock("UTC");
  const time = Date.UTC(2025, 0, 31, 0, 8, 2, 999);
  assertEquals([utc.time(time), utc.date(time), utc.day(time)], [
    "00:08:02",
    "2025-01-31 00:08:02",
    "31 Jan",
  ]);
});

Deno.test("days of a zone are told apart at its midnight, whatever its clocks do that day", () => {
  const dayOf = dayIn("America/New_York");
  for (const midnight of [Date.UTC(2025, 0, 15, 5), Date.UTC(2025, 6, 15, 4), Date.UTC(2025, 2, 9, 5)]) {
    assert(dayOf(midnight - 1) !== dayOf(midnight));
    assertEquals(dayOf(midnight), dayOf(midnight + 22 * 3_600_000));
  }
  const kolkata = dayIn("Asia/Kolkata");
  assert(kolkata(Date.UTC(2025, 0, 15, 18, 29, 59)) !== kolkata(Date.UTC(2025, 0, 15, 18, 30)));
});

Deno.test("the axis is marked where years, days, hours and minutes of the zone begin, the greater the sooner", () => {
  const utc = new Clock("UTC");
  const weights = (clock: Clock, ...times: [number, number][]) =>
    times.map(([now, before]) => weightOf(clock.at(now), clock.at(before)));
  const at = (...parts: [number, number, number, number, number, number?]) => Date.UTC(...parts);
  const ascending = weights(
    utc,
    [at(2025, 4, 5, 10, 7, 10), at(2025, 4, 5, 10, 7, 5)],
    [at(2025, 4, 5, 10, 7), at(2025, 4, 5, 10, 6, 55)],
    [at(2025, 4, 5, 10, 5), at(2025, 4, 5, 10, 4, 55)],
    [at(2025, 4, 5, 10, 30), at(2025, 4, 5, 10, 29)],
    [at(2025, 4, 5, 10, 0), at(2025, 4, 5, 9, 59)],
    [at(2025, 4, 5, 15, 0), at(2025, 4, 5, 14, 59)],
    [at(2025, 4, 5, 18, 0), at(2025, 4, 5, 17, 59)],
    [at(2025, 4, 5, 12, 0), at(2025, 4, 5, 11, 59)],
    [at(2025, 4, 5, 0, 0), at(2025, 4, 4, 23, 59)],
    [at(2025, 4, 1, 0, 0), at(2025, 3, 30, 23, 59)],
    [at(2025, 0, 1, 0, 0), at(2024, 11, 31, 23, 59)],
  );
  assertEquals(ascending, [10, 20, 21, 22, 30, 31, 32, 33, 50, 60, 70]);
  // Midnight in New York is five in the morning by UTC.
  const midnight: [number, number] = [at(2025, 0, 15, 5, 0), at(2025, 0, 15, 4, 59)];
  assertEquals(weights(new Clock("America/New_York"), midnight), [50]);
  assertEquals(weights(utc, midnight), [30]);
});
