import type { CalendarFile, SessionName, SessionTimes } from "./calendar_file.ts";
import { type DateKind, Holidays } from "./holidays.ts";

/** A part of a trading day, milliseconds since the epoch; the end is not included. */
export interface Session {
  name: SessionName;
  start: number;
  end: number;
}

/** One date of an exchange. Days follow one another without a gap, whether there is trade or not. */
export interface TradingDay {
  /** As `2024-12-24`. */
  date: string;
  kind: DateKind;
  /** Milliseconds since the epoch; the end is not included. */
  start: number;
  end: number;
  /** Earliest first; none of a date that is closed. */
  sessions: readonly Session[];
}

/** Days that are remembered. */
const MAX_DAYS = 2000;

/** An exchange's days and sessions by its own clock, with holidays, half days and changes of daylight saving time. */
export class Calendar {
  readonly #holidays: Holidays;
  readonly #days = new Map<string, TradingDay>();
  #last: TradingDay | undefined;

  constructor(readonly file: CalendarFile) {
    this.#holidays = new Holidays(file);
  }

  get name(): string {
    return this.file.name;
  }

  /** The day that holds a time, milliseconds since the epoch. */
  dayOf(time: number): TradingDay {
    const last = this.#last;
    if (last !== undefined && time >= last.start && time < last.end) return last;
    const local = Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(this.file.timeZone);
    let date = local.toPlainDate();
    let day = this.#day(date);
    while (time >= day.end) day = this.#day(date = date.add({ days: 1 }));
    while (time < day.start) day = this.#day(date = date.subtract({ days: 1 }));
    return this.#last = day;
  }

  /** The day before (-1), after (1), or further away. */
  dayBeside(day: TradingDay, days: number): TradingDay {
    return this.#day(Temporal.PlainDate.from(day.date).add({ days }));
  }

  /** Start and end of the week that holds a day, from Monday's start to the next Monday's, milliseconds. */
  weekOf(day: TradingDay): { start: number; end: number } {
    const date = Temporal.PlainDate.from(day.date);
    const monday = date.subtract({ days: date.dayOfWeek - 1 });
    return { start: this.#day(monday).start, end: this.#day(monday.add({ days: 7 })).start };
  }

  /** The session of a time; undefined outside all. */
  sessionAt(time: number): SessionName | undefined {
    for (const { end, name, start } of this.dayOf(time).sessions) {
      if (time >= start && time < end) return name;
    }
    return undefined;
  }

  /** Whether a part of [start, end) is in a regular session; milliseconds. */
  touchesRegular(start: number, end: number): boolean {
    for (let day = this.dayOf(start); day.start < end; day = this.dayBeside(day, 1)) {
      const touched = day.sessions.some((each) =>
        each.name === "regular" && each.start < end && each.end > start
      );
      if (touched) return true;
    }
    return false;
  }

  /** Whether each session begins and ends at a multiple of a length since the hour, milliseconds. */
  edgesAt(lengthMs: number): boolean {
    const { dayBegins = "00:00", halfDaySessions = [], sessions } = this.file;
    const clocks = [dayBegins, ...[...sessions, ...halfDaySessions].flatMap(({ from, to }) => [from, to])];
    return clocks.every((clock) => Number(clock.slice(-2)) * 60_000 % lengthMs === 0);
  }

  #day(date: Temporal.PlainDate): TradingDay {
    const name = date.toString();
    const known = this.#days.get(name);
    if (known) return known;
    const { dayBegins = "00:00", halfDaySessions, sessions } = this.file;
    const kind = this.#holidays.kindOf(date);
    const listed = kind === "closed" ? [] : kind === "half" ? halfDaySessions ?? sessions : sessions;
    const day: TradingDay = {
      date: name,
      kind,
      start: this.#time(date, dayBegins),
      end: this.#time(date.add({ days: 1 }), dayBegins),
      sessions: listed.map((each) => this.#session(date, each)),
    };
    if (this.#days.size >= MAX_DAYS) this.#days.delete(this.#days.keys().next().value!);
    this.#days.set(name, day);
    return day;
  }

  #session(date: Temporal.PlainDate, { from, name, to }: SessionTimes): Session {
    return { name, start: this.#time(date, from), end: this.#time(date, to) };
  }

  /** A clock time of a date, or of the date before or after: `-07:00` is 17:00 of the date before, `24:00` the next midnight. */
  #time(date: Temporal.PlainDate, clock: string): number {
    const before = clock.startsWith("-");
    const [hour, minute] = clock.replace("-", "").split(":").map(Number) as [number, number];
    const minutes = before ? 1440 - hour * 60 - minute : hour * 60 + minute;
    const days = (before ? -1 : 0) + Math.floor(minutes / 1440);
    const time = Temporal.PlainTime.from({ hour: Math.floor(minutes / 60) % 24, minute: minutes % 60 });
    return date.add({ days }).toZonedDateTime({ timeZone: this.file.timeZone, plainTime: time })
      .epochMilliseconds;
  }
}
