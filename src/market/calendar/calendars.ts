import crypto from "../../../schemas/calendars/crypto.json" with { type: "json" };
import forex from "../../../schemas/calendars/forex.json" with { type: "json" };
import usEquities from "../../../schemas/calendars/us-equities.json" with { type: "json" };
import { Calendar } from "./calendar.ts";
import { CalendarError, type CalendarFile, checkCalendar } from "./calendar_file.ts";

/** Calendars that come with the program; the last is for symbols that no other one names. */
const BUILT_IN: readonly unknown[] = [usEquities, forex, crypto];

/** Most calendars of a file. */
const MAX_CALENDARS = 200;
/** Symbols whose calendar is remembered. */
const MAX_SYMBOLS = 100_000;
/** A share class, as in `BRK.B`; other suffixes name an exchange outside the United States. */
const SHARE_CLASS = /^[A-Z]+(?:\.[ABCK])?$/;

/** Finds the calendar of a symbol. */
export class Calendars {
  readonly #calendars: readonly Calendar[];
  readonly #bySymbol = new Map<string, Calendar>();

  /** @param own calendars that come before those of the program */
  constructor(own: readonly CalendarFile[] = []) {
    this.#calendars = [...own, ...BUILT_IN.map(checkCalendar)].map((file) => new Calendar(file));
  }

  /** The first calendar that names the symbol; that of markets that never close where none does. */
  of(symbol: string): Calendar {
    let found = this.#bySymbol.get(symbol);
    if (!found) {
      found = this.#calendars.find(({ file }) => isFor(file, symbol)) ?? this.#calendars.at(-1)!;
      if (this.#bySymbol.size >= MAX_SYMBOLS) this.#bySymbol.clear();
      this.#bySymbol.set(symbol, found);
    }
    return found;
  }
}

function isFor({ symbols: { named, plain, prefixes } }: CalendarFile, symbol: string): boolean {
  if (named?.includes(symbol)) return true;
  const colon = symbol.indexOf(":");
  return colon >= 0
    ? prefixes?.includes(symbol.slice(0, colon)) ?? false
    : plain === true && SHARE_CLASS.test(symbol);
}

/**
 * Calendars of a user's file: one, or a list.
 *
 * @throws {CalendarError} for what is no calendar
 */
export function readCalendars(text: string): CalendarFile[] {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw new CalendarError("the file is no JSON");
  }
  const all = Array.isArray(found) ? found : [found];
  if (all.length > MAX_CALENDARS) throw new CalendarError(`more than ${MAX_CALENDARS} calendars`);
  return all.map(checkCalendar);
}
