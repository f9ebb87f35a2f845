import { type Aggregate, emptyAggregate } from "../market/aggregate.ts";
import type { BarClass } from "../market/conditions/sip_day.ts";
import { NO_POSITION, type Position } from "../market/position.ts";
import { ALL_SERIES, bucketOf, type SeriesKind, SLOT_MS, windowKeys } from "../market/series.ts";
import type { SeriesKey, WindowRow } from "./ports.ts";

/** A window held in memory: always the exact fold of its trades up to the partition's position. */
export interface Window {
  series: SeriesKey;
  key: number;
  aggregate: Aggregate;
  /** Position up to which the row that was read back holds every trade; trades up to it are not added again. */
  complete: Position;
  /** Changed since it was last written. */
  dirty: boolean;
  /** Tick of the last change, for forgetting the oldest first. */
  touched: number;
  /** Of a candle by sale conditions alone. */
  bars?: BarClass;
}

/** A candle by sale conditions: which of them count depends on its place in the day. */
export interface SipWindow extends Window {
  bars: BarClass;
}

/** The windows of every series that a trade of one {@linkcode SLOT_MS} falls into. */
export interface Slot {
  /** Those that each trade is added to as it is. */
  windows: readonly Window[];
  /** Those that its sale conditions decide about. */
  sip: readonly SipWindow[];
}

/** What windows are kept, and how they are opened. */
export interface WindowOptions {
  series: readonly SeriesKind[];
  /** Of a candle by sale conditions, by its start. */
  barClass(symbol: string, kind: SeriesKind, start: number): BarClass;
  /** Whether a window that has no row may hold trades all the same. */
  seeded(kind: SeriesKind, key: number): boolean;
}

const PLAIN: WindowOptions = { series: ALL_SERIES, barClass: () => "regular", seeded: () => false };

interface Series {
  key: SeriesKey;
  windows: Map<number, Window>;
  /** Highest key that may be stored; undefined until asked for. Beyond it a window is certainly new. */
  newest: number | undefined;
}

interface SymbolState {
  slots: Map<number, Slot>;
  series: Map<string, Series>;
}

/** Something of the store that has to be read before a slot can be opened. */
export type MissingRead = { series: SeriesKey; newest: true } | {
  series: SeriesKey;
  newest: false;
  key: number;
};

/** The windows of one partition that are in memory. Opens what is new by itself, and says what must be read back. */
export class WindowState {
  #symbols = new Map<string, SymbolState>();
  #count = 0;

  constructor(readonly options: WindowOptions = PLAIN) {}

  /** Windows in memory. */
  get size(): number {
    return this.#count;
  }

  /** The slot of `time`, or undefined if some of its windows must be read back first; then `missing` tells which. */
  slot(symbol: string, time: number, missing: MissingRead[]): Slot | undefined {
    const state = this.#symbol(symbol);
    const start = Math.floor(time / SLOT_MS);
    const known = state.slots.get(start);
    if (known) return known;
    const windows: Window[] = [];
    const sip: SipWindow[] = [];
    const before = missing.length;
    for (const kind of this.options.series) {
      for (const key of windowKeys(kind, time)) {
        const series = this.#series(state, { symbol, kind, bucket: bucketOf(kind, key) });
        const window = series.windows.get(key) ?? this.#openNew(series, key, missing);
        if (!window) continue;
        if (window.bars === undefined) windows.push(window);
        else sip.push(window as SipWindow);
      }
    }
    if (missing.length > before) return undefined;
    const slot = { windows, sip };
    state.slots.set(start, slot);
    return slot;
  }

  /** Takes in the highest stored key of a series (undefined for none). */
  learnNewest(key: SeriesKey, newest: number | undefined): void {
    const series = this.#series(this.#symbol(key.symbol), key);
    series.newest = Math.max(series.newest ?? -Infinity, newest ?? -Infinity);
  }

  /** Takes in rows that were read back; keys without a row open empty. */
  learnWindows(key: SeriesKey, keys: readonly number[], rows: readonly WindowRow[]): void {
    const series = this.#series(this.#symbol(key.symbol), key);
    const byKey = new Map(rows.map((row) => [row.key, row]));
    for (const windowKey of keys) {
      if (series.windows.has(windowKey)) continue;
      const row = byKey.get(windowKey);
      this.#add(series, windowKey, row?.aggregate ?? emptyAggregate(), row?.complete ?? NO_POSITION);
      series.newest = Math.max(series.newest ?? -Infinity, windowKey);
    }
  }

  /**
   * Forgets windows that are not dirty, longest untouched first, until at most `max` or only dirty ones are left. No write may be
   * under way: reading such a window back could give what was before.
   */
  shrink(max: number): void {
    if (this.#count <= max) return;
    const clean: Window[] = [];
    for (const { series } of this.#symbols.values()) {
      for (const { windows } of series.values()) {
        for (const window of windows.values()) if (!window.dirty) clean.push(window);
      }
    }
    clean.sort((a, b) => a.touched - b.touched);
    // A quarter more than needed, so that the sort is paid for once in a while and not at every flush.
    for (const window of clean.slice(0, this.#count - Math.floor(max * 0.75))) {
      const state = this.#symbol(window.series.symbol);
      this.#series(state, window.series).windows.delete(window.key);
      state.slots.clear();
      this.#count--;
    }
    for (const [symbol, state] of this.#symbols) {
      for (const [name, series] of state.series) if (series.windows.size === 0) state.series.delete(name);
      if (state.series.size === 0) this.#symbols.delete(symbol);
    }
  }

  #openNew(series: Series, key: number, missing: MissingRead[]): Window | undefined {
    if (series.newest === undefined) missing.push({ series: series.key, newest: true });
    else if (key <= series.newest || this.options.seeded(series.key.kind, key)) {
      missing.push({ series: series.key, newest: false, key });
    } else {
      series.newest = key;
      return this.#add(series, key, emptyAggregate(), NO_POSITION);
    }
  }

  #add(series: Series, key: number, aggregate: Aggregate, complete: Position): Window {
    const { kind, symbol } = series.key;
    const window: Window = { series: series.key, key, aggregate, complete, dirty: false, touched: 0 };
    if (kind.rule === "sip") window.bars = this.options.barClass(symbol, kind, key);
    series.windows.set(key, window);
    this.#count++;
    return window;
  }

  #symbol(symbol: string): SymbolState {
    let state = this.#symbols.get(symbol);
    if (!state) this.#symbols.set(symbol, state = { slots: new Map(), series: new Map() });
    return state;
  }

  #series(state: SymbolState, key: SeriesKey): Series {
    const name = `${key.kind.name}@${key.bucket}`;
    let series = state.series.get(name);
    if (!series) state.series.set(name, series = { key, windows: new Map(), newest: undefined });
    return series;
  }
}
