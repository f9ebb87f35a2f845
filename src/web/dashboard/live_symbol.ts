import type { Calendar } from "../../market/calendar/calendar.ts";
import { Digits, LEAST_PRICE_DIGITS, MOST_VOLUME_DIGITS } from "./digits.ts";
import type { SeenTrade, SipCandle } from "../../market/reader.ts";
import type { Alignment, CandleRule } from "../../market/series.ts";
import { LiveWindows } from "./live_windows.ts";
import type { WatchRow } from "./wire.ts";

/** Trades kept for those who open the page or fell behind. */
export const TAPE_LENGTH = 60;
const RATE_SECONDS = 10;

/** What is known live of one symbol, in constant memory. */
export class LiveSymbol {
  price = 0;
  time = 0;
  /** When the last trade came, by the clock; its own time where it was stored before. Milliseconds. */
  heard = 0;
  /** Number of trades seen; the last of the tape has this number. */
  seen = 0;
  /** Tick of the last change. */
  changed = 0;
  /** Last 24 hours as stored. */
  day: { open?: number; volume: number; spark: readonly number[] } = { volume: 0, spark: [] };
  readonly tape: SeenTrade[] = [];
  readonly #digits = { price: new Digits(LEAST_PRICE_DIGITS), volume: new Digits(0, MOST_VOLUME_DIGITS) };
  readonly #perSecond = new Float64Array(RATE_SECONDS + 1);
  #second = 0;

  readonly windows: LiveWindows;

  constructor(readonly symbol: string, calendar: Calendar, rule: CandleRule, align: Alignment = "epoch") {
    this.windows = new LiveWindows(calendar, rule, align);
  }

  /** @param second seconds since the epoch, by the clock. */
  add(trade: SeenTrade, second: number): void {
    this.seen++;
    this.heard = second * 1000;
    this.#digits.price.note(trade.price);
    this.#digits.volume.note(trade.volume);
    this.tape.push(trade);
    if (this.tape.length > 2 * TAPE_LENGTH) this.tape.splice(0, TAPE_LENGTH);
    this.windows.add(trade, this.time);
    if (trade.time >= this.time) {
      this.time = trade.time;
      this.price = trade.price;
    }
    this.#turn(second);
    this.#perSecond[second % this.#perSecond.length]!++;
  }

  /** Takes the last 24 hours as they are stored, earliest first. */
  setDay(hours: readonly SipCandle[], minutes: readonly SipCandle[]): void {
    for (const { close, high, low, open } of [...hours, ...minutes]) {
      for (const price of [open, high, low, close]) if (price !== null) this.#digits.price.note(price);
    }
    const open = hours.find((hour) => hour.open !== null)?.open ?? undefined;
    this.day = {
      ...(open !== undefined && { open }),
      volume: hours.reduce((sum, { volume }) => sum + volume, 0),
      spark: minutes.flatMap(({ close }) => close ?? []),
    };
  }

  /** The last trades after the `since`-th, oldest first, and how many more there were. */
  tradesSince(since: number): { trades: SeenTrade[]; missed: number } {
    const count = Math.min(this.seen - since, TAPE_LENGTH, this.tape.length);
    return {
      trades: count > 0 ? this.tape.slice(-count) : [],
      missed: Math.max(0, this.seen - since - count),
    };
  }

  row(second: number): WatchRow {
    this.#turn(second);
    // Not the second that is under way: it is not over.
    const trades = this.#perSecond.reduce((sum, count) => sum + count, 0) -
      this.#perSecond[second % this.#perSecond.length]!;
    const { open, spark, volume } = this.day;
    return {
      symbol: this.symbol,
      price: this.price,
      time: this.time,
      heard: this.heard,
      digits: this.#digits.price.count,
      volumeDigits: this.#digits.volume.count,
      ...(open === undefined || open === 0 ? {} : { change: this.price / open - 1 }),
      // A sum of what is finite need not be.
      ...(Number.isFinite(volume) ? { volume } : {}),
      rate: trades / RATE_SECONDS,
      spark,
    };
  }

  /** Forgets the counts of seconds that have passed. */
  #turn(second: number): void {
    const length = this.#perSecond.length;
    for (let i = Math.max(this.#second + 1, second - length + 1); i <= second; i++) {
      this.#perSecond[i % length] = 0;
    }
    this.#second = Math.max(this.#second, second);
  }
}
