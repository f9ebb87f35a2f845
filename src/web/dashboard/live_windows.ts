import { addTrade, type Aggregate, boundedVwap, emptyAggregate, vwap } from "../../market/aggregate.ts";
import type { Calendar } from "../../market/calendar/calendar.ts";
import type { BarClass } from "../../market/conditions/sip_day.ts";
import { addToBar, SipSymbol } from "../../market/conditions/sip_symbol.ts";
import type { SeenTrade, SipCandle } from "../../market/reader.ts";
import { type Alignment, ALL_INTERVALS, type CandleRule } from "../../market/series.ts";
import { windowOf } from "../../market/views/windows.ts";
import type { LiveCandle } from "./wire.ts";

/** Windows of each interval that late trades may still change on open pages. */
const LIVE_WINDOWS = 3;

/** How long after a candle's end a trade may come and find it still open, milliseconds. */
export const ALLOWED_DELAY_MS = 10_000;

interface LiveWindow {
  start: number;
  end: number;
  aggregate: Aggregate;
  bars: BarClass;
  /** A trade came when it was final. */
  revised: boolean;
  /** What the store has of a window that began before the first trade that was seen. */
  stored?: SipCandle;
}

/** The newest candles of one symbol, of every interval, as its trades come. */
export class LiveWindows {
  readonly #windows = new Map(ALL_INTERVALS.map((name) => [name, [] as LiveWindow[]]));
  readonly #sip: SipSymbol;
  #first: number | undefined;

  constructor(
    readonly calendar: Calendar,
    readonly rule: CandleRule,
    readonly align: Alignment = "epoch",
  ) {
    this.#sip = new SipSymbol(calendar);
  }

  /** @param newest time of the symbol's newest trade before this one, milliseconds */
  add({ conditions, price, time, volume }: SeenTrade, newest: number): void {
    this.#first ??= time;
    const sets = this.rule === "sip" ? this.#sip.take(this.#sip.effectOf(conditions), time) : undefined;
    for (const [name, windows] of this.#windows) {
      const window = windows.find(({ end, start }) => time >= start && time < end) ?? this.#open(name, time);
      if (window.end + ALLOWED_DELAY_MS <= newest) window.revised = true;
      if (sets) addToBar(window, price, volume, time, sets);
      else addTrade(window.aggregate, price, volume, time);
    }
  }

  #open(interval: string, time: number): LiveWindow {
    const { end, start } = windowOf(this.calendar, interval, time, this.align);
    const bars = this.rule === "sip" && !this.calendar.touchesRegular(start, end) ? "extended" : "regular";
    const window = { start, end, aggregate: emptyAggregate(), bars, revised: false } satisfies LiveWindow;
    const windows = this.#windows.get(interval)!;
    windows.push(window);
    windows.sort((a, b) => b.start - a.start);
    if (windows.length > LIVE_WINDOWS) windows.pop();
    return window;
  }

  /** Trades may have been missed: forgets the windows, which are read from the store until they are over. */
  mindGap(): void {
    this.#first = undefined;
    for (const windows of this.#windows.values()) windows.length = 0;
  }

  /** The newest candles of an interval that have a price, newest first. */
  candles(interval: string): LiveCandle[] {
    return (this.#windows.get(interval) ?? []).flatMap((window) => {
      const { close, high, low, open, ...rest } = this.#candle(window);
      if (open === null || high === null || low === null || close === null) return [];
      return [{ ...rest, open, high, low, close, ...(window.revised && { revised: true as const }) }];
    });
  }

  /** The newest window if a part of it happened before the first trade that was seen. */
  partial(interval: string): { start: number; end: number } | undefined {
    const newest = this.#windows.get(interval)?.[0];
    return newest && !this.#whole(newest) ? newest : undefined;
  }

  /** Takes what the store has of a window. */
  setStored(interval: string, candle: SipCandle): void {
    const window = this.#windows.get(interval)?.find(({ start }) => start === candle.start);
    if (window) window.stored = candle;
  }

  #whole({ start }: LiveWindow): boolean {
    return this.#first !== undefined && start > this.#first;
  }

  #candle(window: LiveWindow): SipCandle {
    const { aggregate: live, start, stored } = window;
    const mean = this.rule === "sip" ? vwap(live) : boundedVwap(live);
    const finite = (value: number) => Number.isFinite(value) ? value : null;
    const last = live.closeTime > -Infinity;
    const candle: SipCandle = {
      start,
      open: last ? live.open : null,
      high: finite(live.high),
      low: finite(live.low),
      close: last ? live.close : null,
      volume: live.volume,
      ...(mean === undefined ? {} : { vwap: mean }),
      trades: live.count,
    };
    if (stored === undefined || this.#whole(window)) return candle;
    // Both know a part. The store has the beginning and is at most one flush behind; the newest trades are here alone.
    const sums = stored.trades > candle.trades ? stored : candle;
    return {
      ...sums,
      open: stored.open ?? candle.open,
      high: either(stored.high, candle.high, Math.max),
      low: either(stored.low, candle.low, Math.min),
      close: candle.close ?? stored.close,
    };
  }
}

const either = (a: number | null, b: number | null, of: (a: number, b: number) => number): number | null =>
  a === null ? b : b === null ? a : of(a, b);
