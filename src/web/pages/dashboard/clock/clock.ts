/** A time as a zone's clocks and calendars show it. */
export interface ZonedTime {
  year: number;
  /** From 1. */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

const two = (value: number) => String(value).padStart(2, "0");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** Tells the time in a zone, by what the browser knows of zones. */
export class Clock {
  readonly #format: Intl.DateTimeFormat;

  /** @param zone name in the IANA's time zone database, such as `America/New_York` */
  constructor(readonly zone: string) {
    this.#format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  }

  /** @param time milliseconds since the epoch */
  at(time: number): ZonedTime {
    const parts = this.#format.formatToParts(time).map(({ type, value }) => [type, Number(value)]);
    return Object.fromEntries(parts);
  }

  /** The time of day. @param time milliseconds since the epoch */
  time(time: number): string {
    const { hour, minute, second } = this.at(time);
    return [hour, minute, second].map(two).join(":");
  }

  /** The date and time. @param time milliseconds since the epoch */
  date(time: number): string {
    const { day, month, year } = this.at(time);
    return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)} ${this.time(time)}`;
  }

  /** The day and month. @param time milliseconds since the epoch */
  day(time: number): string {
    const { day, month } = this.at(time);
    return `${day} ${MONTHS[month - 1]}`;
  }
}
