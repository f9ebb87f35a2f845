import { addTrade, type Aggregate, boundedVwap, emptyAggregate } from "../../market/aggregate.ts";
import { Digits, LEAST_PRICE_DIGITS, MOST_VOLUME_DIGITS } from "./digits.ts";
import type { Candle, SeenTrade } from "../../market/reader.ts";
import { CANDLES } from "../../market/series.ts";
import type { WatchRow } from "./wire.ts";

/** Trades kept for those who open the page or fell behind. */
export const TAPE_LENGTH = 60;
/** Windows of each interval that late trades may still change on open pages. */
const LIVE_WINDOWS = 3;
const RATE_SECONDS = 10;

interface LiveWindow {
  start: number;
  aggregate: Aggregate;
  /** What the store has of a window that began before the first trade that was seen. */
  stored?: Candle;
}

/** What is known live of one symbol, in constant memory. */
export class LiveSymbol {
  price = 0;
  time = 0;
  /** When the last trade came, by the clock; its own time where it was stored before. Milliseconds. */
  heard = 0;
  first: number | undefined;
  /** Number of trades seen; the last of the tape has this number. */
  seen = 0;
  /** Tick of the last change. */
  changed = 0;
  /** Last 24 hours as stored. */
  day: { open?: number; volume: number; spark: readonly number[] } = { volume: 0, spark: [] };
  readonly tape: SeenTrade[] = [];
  readonly #digits = { price: new Digits(LEAST_PRICE_DIGITS), volume: new Digits(0, MOST_VOLUME_DIGITS) };
  readonly #windows = new Map(CANDLES.map(({ name }) => [name, [] as LiveWindow[]]));
  readonly #perSecond = new Float64Array(RATE_SECONDS + 1);
  #second = 0;

  constructor(readonly symbol: string) {}

  /** @param second seconds since the epoch, by the clock. */
  add(trade: SeenTrade, second: number): void {
    this.first ??= trade.time;
    this.seen++;
    this.heard = second * 1000;
    this.#digits.price.note(trade.price);
    this.#digits.volume.note(trade.volume);
    this.tape.push(trade);
    if (this.tape.length > 2 * TAPE_LENGTH) this.tape.splice(0, TAPE_LENGTH);
    if (trade.time >= this.time) {
      this.time = trade.time;
      this.price = trade.price;
    }
    this.#turn(second);
    this.#perSecond[second % this.#perSecond.length]!++;
    for (const { lengthMs, name } of CANDLES) {
      const start = Math.floor(trade.time / lengthMs) * lengthMs;
      const windows = this.#windows.get(name)!;
      let window = windows.find((each) => each.start === start);
      if (!window) {
        window = { start, aggregate: emptyAggregate() };
        windows.push(window);
        windows.sort((a, b) => b.start - a.start);
        if (windows.length > LIVE_WINDOWS) windows.pop();
      }
      addTrade(window.aggregate, trade.price, trade.volume, trade.time);
    }
  }

  /** Takes the last 24 hours as they are stored, earliest first. */
  setDay(hours: readonly Candle[], minutes: readonly Candle[]): void {
    for (const { close, high, low, open } of [...hours, ...minutes]) {
      for (const price of [open, high, low, close]) this.#digits.price.note(price);
    }
    this.day = {
      ...(hours[0] && { open: hours[0].open }),
      volume: hours.reduce((sum, { volume }) => sum + volume, 0),
      spark: minutes.map(({ close }) => close),
    };
  }

  /** Trades may have been missed: forgets the windows, which are read from the store until they are over. */
  mindGap(): void {
    this.first = undefined;
    for (const windows of this.#windows.values()) windows.length = 0;
  }

  /** The last trades after the `since`-th, oldest first, and how many more there were. */
  tradesSince(since: number): { trades: SeenTrade[]; missed: number } {
    const count = Math.min(this.seen - since, TAPE_LENGTH, this.tape.length);
    return {
      trades: count > 0 ? this.tape.slice(-count) : [],
      missed: Math.max(0, this.seen - since - count),
    };
  }

  /** The newest candles of an interval, newest first. */
  candles(interval: string): Candle[] {
    return (this.#windows.get(interval) ?? []).map((window) => this.#candle(window));
  }

  /** Start of the newest window if a part of it happened before the first trade that was seen. */
  partial(interval: string): number | undefined {
    const newest = this.#windows.get(interval)?.[0];
    return newest && !this.#whole(newest) ? newest.start : undefined;
  }

  /** Takes what the store has of a window. */
  setStored(interval: string, candle: Candle): void {
    const window = this.#windows.get(interval)?.find(({ start }) => start === candle.start);
    if (window) window.stored = candle;
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

  #whole({ start }: LiveWindow): boolean {
    return this.first !== undefined && start > this.first;
  }

  #candle(window: LiveWindow): Candle {
    const { aggregate: live, start, stored } = window;
    const mean = boundedVwap(live);
    const candle: Candle = {
      start,
      open: live.open,
      high: live.high,
      low: live.low,
      close: live.close,
      volume: live.volume,
      ...(mean === undefined ? {} : { vwap: mean }),
      trades: live.count,
    };
    if (stored === undefined || this.#whole(window)) return candle;
    // Both know a part. The store has the beginning and is at most one flush behind; the newest trades are here alone.
    const sums = stored.trades > candle.trades ? stored : candle;
    return {
      ...sums,
      open: stored.open,
      high: Math.max(stored.high, candle.high),
      low: Math.min(stored.low, candle.low),
      close: candle.close,
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
