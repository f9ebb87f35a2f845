import type { TradingDay } from "../calendar/calendar.ts";
import { type Effect, type LastRule, LATE_MS, type SaleEffect } from "./sale_conditions.ts";

/** A bar touches the regular session, or lies in extended hours alone. */
export type BarClass = "regular" | "extended";

/**
 * Tells of one symbol and day which trades may set the last price. A trade that may only as the first is taken if no trade that
 * came before it in the stream, and is not later by its time, might have.
 */
export class SipDay {
  /** Earliest time of a trade so far that might set the last price, by class of bar. */
  readonly #first: Record<BarClass, number> = { regular: Infinity, extended: Infinity };
  readonly #lateUntil: number;

  constructor(readonly day: TradingDay) {
    const regular = day.sessions.find(({ name }) => name === "regular");
    this.#lateUntil = regular === undefined ? -Infinity : regular.end + LATE_MS;
  }

  /** Whether a trade that has not been noted yet sets open and close of bars of this class. */
  sets(bars: BarClass, { [bars]: { last } }: SaleEffect, time: number): boolean {
    const rule = this.#ruleAt(last, time);
    return rule === "yes" || (rule === "first" && this.#first[bars] > time);
  }

  /** Whether that depends on trades that came before, of which none is known that decides it. */
  asks({ extended, regular }: SaleEffect, time: number): boolean {
    const open = ({ last }: Effect, first: number) => this.#ruleAt(last, time) === "first" && first > time;
    return open(regular, this.#first.regular) || open(extended, this.#first.extended);
  }

  /** Takes what came before those that are noted: the earliest time that might have set the last price, by class. */
  noteEarliest(first: Readonly<Record<BarClass, number>>): void {
    this.#first.regular = Math.min(this.#first.regular, first.regular);
    this.#first.extended = Math.min(this.#first.extended, first.extended);
  }

  /** Notes a trade, in the stream's order. */
  note({ extended, regular }: SaleEffect, time: number): void {
    if (regular.last !== "no" && time < this.#first.regular) this.#first.regular = time;
    if (extended.last !== "no" && time < this.#first.extended) this.#first.extended = time;
  }

  #ruleAt(last: LastRule, time: number): LastRule {
    return last !== "late" ? last : time < this.#lateUntil ? "yes" : "first";
  }
}
