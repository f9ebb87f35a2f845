import type { Instrument } from "./instruments.ts";

const NEW_YORK = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/New_York",
  weekday: "short",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MINUTE_MS = 60_000;
const [OPEN, CLOSE, CURRENCIES] = [9.5 * 60, 16 * 60, 17 * 60];

interface LocalMinute {
  /** 0: Sunday. */
  day: number;
  /** Of the day. */
  minute: number;
}

/**
 * When symbols of a type trade: stocks and funds from 9:30 to 16:00 in New York, Monday to Friday; currencies from Sunday to
 * Friday 17:00; crypto always. Holidays are not known.
 */
export class TradingHours {
  /** The minute that was asked for last, since the epoch: most questions are about the same one. */
  #asked = NaN;
  #local: LocalMinute = { day: 0, minute: 0 };

  /** @param time milliseconds since the epoch */
  open(type: Instrument["type"], time: number): boolean {
    if (type === "Crypto") return true;
    const { day, minute } = this.#newYork(Math.floor(time / MINUTE_MS));
    if (type !== "Forex") return day >= 1 && day <= 5 && minute >= OPEN && minute < CLOSE;
    if (day === 5) return minute < CURRENCIES;
    return day === 0 ? minute >= CURRENCIES : day !== 6;
  }

  #newYork(asked: number): LocalMinute {
    if (asked === this.#asked) return this.#local;
    const parts = new Map(
      NEW_YORK.formatToParts(asked * MINUTE_MS).map(({ type, value }) => [type, value]),
    );
    this.#asked = asked;
    return this.#local = {
      day: DAYS.indexOf(parts.get("weekday")!),
      minute: Number(parts.get("hour")) * 60 + Number(parts.get("minute")),
    };
  }
}
