import type { CalendarFile, DateRule } from "./calendar_file.ts";

/** What a date is to an exchange. */
export type DateKind = "open" | "half" | "closed";

/** Which dates of a year are closed, and which are half days, as `2024-12-24`. */
export class Holidays {
  readonly #years = new Map<number, { closed: Set<string>; half: Set<string> }>();

  constructor(readonly file: CalendarFile) {}

  /** What `date` is, by its weekday, the rules and the dates that are named. */
  kindOf(date: Temporal.PlainDate): DateKind {
    if (!this.file.weekdays.includes(date.dayOfWeek)) return "closed";
    const name = date.toString();
    const { closed, half } = this.#year(date.year);
    return closed.has(name) ? "closed" : half.has(name) ? "half" : "open";
  }

  #year(year: number): { closed: Set<string>; half: Set<string> } {
    const known = this.#years.get(year);
    if (known) return known;
    const { closed = [], half = [], halfDays = [], holidays = [] } = this.file;
    // A date that is moved may come from a year beside: 2 January for a Sunday, 31 December for a Saturday.
    const dates = (rules: readonly DateRule[]) =>
      [year - 1, year, year + 1].flatMap((each) => rules.flatMap((rule) => dateOf(rule, each) ?? []));
    const found = {
      closed: new Set([...closed, ...dates(holidays)]),
      half: new Set([...half, ...dates(halfDays)]),
    };
    this.#years.set(year, found);
    return found;
  }
}

/** The date of a rule in a year; undefined where the year has none. */
export function dateOf(rule: DateRule, year: number): string | undefined {
  const { day, easter: days, month, nth, plus = 0, saturday = 0, since, sunday = 0, until, weekday } = rule;
  if (year < (since ?? -Infinity) || year > (until ?? Infinity)) return undefined;
  if (days !== undefined) return easter(year).add({ days }).toString();
  if (month === undefined) return undefined;
  const first = Temporal.PlainDate.from({ year, month, day: 1 });
  if (day !== undefined) {
    if (day > first.daysInMonth) return undefined;
    const date = first.with({ day });
    const moved = date.dayOfWeek === 6 ? saturday : date.dayOfWeek === 7 ? sunday : 0;
    return date.add({ days: moved + plus }).toString();
  }
  if (weekday === undefined || nth === undefined || nth === 0) return undefined;
  const last = first.with({ day: first.daysInMonth });
  const at = nth > 0
    ? 1 + (weekday - first.dayOfWeek + 7) % 7 + (nth - 1) * 7
    : first.daysInMonth - (last.dayOfWeek - weekday + 7) % 7 + (nth + 1) * 7;
  return at < 1 || at > first.daysInMonth
    ? undefined
    : first.with({ day: at }).add({ days: plus }).toString();
}

/** Easter Sunday of the western churches. Source: the anonymous Gregorian algorithm, Nature, 20 April 1876. */
export function easter(year: number): Temporal.PlainDate {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30;
  const e = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - d - c % 4) % 7;
  const f = d + e - 7 * Math.floor((a + 11 * d + 22 * e) / 451) + 114;
  return Temporal.PlainDate.from({ year, month: Math.floor(f / 31), day: f % 31 + 1 });
}
