import { addSale, type Aggregate, type Sets } from "../aggregate.ts";
import type { Calendar } from "../calendar/calendar.ts";
import type { SeriesKind } from "../series.ts";
import { type SaleEffect, saleEffect } from "./sale_conditions.ts";
import { type BarClass, SipDay } from "./sip_day.ts";

/** Days of a symbol that are remembered: trades come late over a midnight, seldom over two. */
const MAX_DAYS = 3;

/** What the sale conditions of one symbol's trades do to its candles, trade by trade in the stream's order. */
export class SipSymbol {
  #days: SipDay[] = [];

  constructor(readonly calendar: Calendar) {}

  /** What a trade does, by its codes; all that a trade may where the symbol's market has no such conditions. */
  effectOf(codes: readonly (string | null)[] | null | undefined): SaleEffect {
    return saleEffect(this.calendar.file.conditions === true ? codes : undefined);
  }

  /** The day that holds a time, milliseconds. */
  day(time: number): SipDay {
    const known = this.#days.find(({ day }) => time >= day.start && time < day.end);
    if (known) return known;
    const day = new SipDay(this.calendar.dayOf(time));
    this.#days = [...this.#days, day].slice(-MAX_DAYS);
    return day;
  }

  /** Whether a window lies in extended hours alone, where other conditions set a price. */
  barClass({ lengthMs }: SeriesKind, start: number): BarClass {
    return this.calendar.touchesRegular(start, start + lengthMs) ? "regular" : "extended";
  }

  /** Takes the next trade in the stream's order; what it sets in bars of each class. */
  take(effect: SaleEffect, time: number): Record<BarClass, Sets> {
    const day = this.day(time);
    const sets = {
      regular: { ...effect.regular, last: day.sets("regular", effect, time) },
      extended: { ...effect.extended, last: day.sets("extended", effect, time) },
    };
    day.note(effect, time);
    return sets;
  }
}

/** Follows a symbol's sale conditions where one of the series goes by them. */
export const sipSymbol = (
  series: readonly SeriesKind[],
  calendars: { of(symbol: string): Calendar },
  symbol: string,
): SipSymbol | undefined =>
  series.some(({ rule }) => rule === "sip") ? new SipSymbol(calendars.of(symbol)) : undefined;

/** A window, and the conditions that count in it. */
export interface SipBar {
  aggregate: Aggregate;
  bars: BarClass;
}

/** Adds a trade to a window as far as its conditions let it. */
export const addToBar = (
  { aggregate, bars }: SipBar,
  price: number,
  volume: number,
  time: number,
  sets: Record<BarClass, Sets>,
): void => addSale(aggregate, price, volume, time, sets[bars]);
