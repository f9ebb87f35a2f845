/** A part of a trading day. `from` and `to` are clock times of the exchange; `-07:00` is 17:00 of the date before. */
export interface SessionTimes {
  name: SessionName;
  from: string;
  to: string;
}

/** Parts of a trading day, earliest first. */
export const SESSIONS = ["pre", "regular", "post"] as const;
export type SessionName = typeof SESSIONS[number];

/** Which part of an exchange's day candles may be asked for. */
export const SESSION_CHOICES = ["all", ...SESSIONS] as const;
export type SessionChoice = typeof SESSION_CHOICES[number];

/** The same, and `each`: candles of all parts, each by itself. */
export const SESSION_QUESTIONS = [...SESSION_CHOICES, "each"] as const;
export type SessionQuestion = typeof SESSION_QUESTIONS[number];

/** One date of each year. */
export interface DateRule {
  name: string;
  /** First and last year that has it. */
  since?: number;
  until?: number;
  /** 1 to 12, with `day`, or with `weekday` and `nth`. */
  month?: number;
  day?: number;
  /** Days by which it is moved from a Saturday or a Sunday. */
  saturday?: number;
  sunday?: number;
  /** 1 for Monday to 7 for Sunday. */
  weekday?: number;
  /** The nth such weekday of the month; negative from its end. */
  nth?: number;
  /** Days after that. */
  plus?: number;
  /** Days after Easter Sunday of the western churches. */
  easter?: number;
}

/** A trading calendar as its file has it. */
export interface CalendarFile {
  name: string;
  meaning?: string;
  /** Of the IANA data base, as `America/New_York`. */
  timeZone: string;
  /** Which symbols it is for: those before whose colon one of `prefixes` stands, those without a colon, or those named. */
  symbols: { prefixes?: string[]; plain?: boolean; named?: string[] };
  /** Whether trades carry the sale conditions of the consolidated tapes. */
  conditions?: boolean;
  /** 1 for Monday to 7 for Sunday. */
  weekdays: number[];
  /** Clock time at which a date's day begins. Default 00:00. */
  dayBegins?: string;
  sessions: SessionTimes[];
  halfDaySessions?: SessionTimes[];
  holidays?: DateRule[];
  halfDays?: DateRule[];
  /** Dates as `2012-10-29` that are closed, or half days, by no rule. */
  closed?: string[];
  half?: string[];
}

/** A calendar file that is none; the message says where. */
export class CalendarError extends Error {
  override name = "CalendarError";
}

/** Most entries of each list. */
const MAX_ENTRIES = 1000;
const CLOCK = /^-?(?:[01]\d|2[0-4]):[0-5]\d$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

type Check = (value: unknown) => boolean;
const text: Check = (value) => typeof value === "string" && value.length > 0 && value.length <= 200;
const flag: Check = (value) => typeof value === "boolean";
const clock: Check = (value) => typeof value === "string" && CLOCK.test(value);
const date: Check = (value) => typeof value === "string" && DATE.test(value);
const whole = (min: number, max: number): Check => (value) =>
  Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
const list = (entry: Check): Check => (value) =>
  Array.isArray(value) && value.length <= MAX_ENTRIES && value.every(entry);
const record = (fields: Record<string, Check>, ...needed: string[]): Check => (value) =>
  typeof value === "object" && value !== null && needed.every((name) => name in value) &&
  Object.entries(value).every(([name, each]) => Object.hasOwn(fields, name) && fields[name]!(each));

const SESSION = record(
  {
    name: (value) => SESSIONS.some((name) => name === value),
    from: clock,
    to: clock,
  },
  "name",
  "from",
  "to",
);
const RULE = record({
  name: text,
  since: whole(1900, 9999),
  until: whole(1900, 9999),
  month: whole(1, 12),
  day: whole(1, 31),
  saturday: whole(-6, 6),
  sunday: whole(-6, 6),
  weekday: whole(1, 7),
  nth: whole(-5, 5),
  plus: whole(-31, 31),
  easter: whole(-100, 100),
}, "name");

const FIELDS: Record<string, Check> = {
  name: text,
  meaning: text,
  timeZone: (value) => text(value) && isTimeZone(String(value)),
  symbols: record({ prefixes: list(text), plain: flag, named: list(text) }),
  conditions: flag,
  weekdays: list(whole(1, 7)),
  dayBegins: clock,
  sessions: list(SESSION),
  halfDaySessions: list(SESSION),
  holidays: list(RULE),
  halfDays: list(RULE),
  closed: list(date),
  half: list(date),
};
const NEEDED = ["name", "timeZone", "symbols", "weekdays", "sessions"];

/**
 * Checks what a calendar file holds.
 *
 * @throws {CalendarError} naming the field that is wrong
 */
export function checkCalendar(found: unknown): CalendarFile {
  if (typeof found !== "object" || found === null || Array.isArray(found)) {
    throw new CalendarError("a calendar is an object with name, timeZone, symbols, weekdays and sessions");
  }
  for (const name of NEEDED) if (!(name in found)) throw new CalendarError(`a calendar needs ${name}`);
  for (const [name, value] of Object.entries(found)) {
    if (!Object.hasOwn(FIELDS, name)) throw new CalendarError(`a calendar has no field ${name.slice(0, 40)}`);
    if (!FIELDS[name]!(value)) {
      throw new CalendarError(`${name} of a calendar is wrong; schemas/README.md says what it may be`);
    }
  }
  return found as CalendarFile;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
