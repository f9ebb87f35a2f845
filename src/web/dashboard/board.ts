import { gapsOf, type KnownGap } from "../../market/following/completeness.ts";
import type { LiveTrades } from "../../market/live_trades.ts";
import type { Average, MarketReader, SipCandle } from "../../market/reader.ts";
import { Calendars } from "../../market/calendar/calendars.ts";
import type { Alignment, CandleRule } from "../../market/series.ts";
import { candlesOver } from "../../market/views/long_candles.ts";
import type { Logger } from "../../telemetry/log.ts";
import { Trouble } from "../../telemetry/trouble.ts";
import { delay } from "../../async/wait.ts";
import { LiveSymbol } from "./live_symbol.ts";

export interface BoardOptions {
  reader: MarketReader;
  live: LiveTrades;
  /** Which candles are shown, and by which calendars; those of every print when absent. */
  candles?: { rule: CandleRule; calendars: Calendars; align?: Alignment };
  /** Milliseconds since the epoch. */
  now: () => number;
  log: Logger;
  /** Milliseconds between two looks into the store. Default 2000. */
  refreshInterval?: number;
}

/** Trades that may wait for the board; it only adds them up and falls behind at no rate that the pipeline bears. */
const CAPACITY = 100_000;
/** Symbols that are shown; more cost memory and no eye follows them. */
export const MAX_SYMBOLS = 1000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const SPARK_POINTS = 60;

/** The market as every open page shows it: one for all of them, so that a client costs no look-ups. */
export class Board {
  readonly symbols = new Map<string, LiveSymbol>();
  /** Newest running average of the symbols that are watched. */
  readonly averages = new Map<string, Average>();
  /** Gaps in the last hour of the symbols that are watched. */
  readonly gaps = new Map<string, readonly KnownGap[]>();
  /** Trades that came since the start. */
  trades = 0;
  /** Trades that the board missed. */
  dropped = 0;
  /** Whether the last look into the store was answered. */
  storeAnswers = false;
  readonly #watched = new Map<string, number>();
  readonly #changed = new Set<() => void>();
  #tick = 1;
  #newest = { time: -Infinity, heard: 0 };

  readonly #candles: Required<BoardOptions>["candles"];
  readonly #reading: Trouble;

  constructor(readonly options: BoardOptions) {
    const { candles = { rule: "raw", calendars: new Calendars() }, log, now } = options;
    this.#candles = candles;
    this.#reading = new Trouble({ what: "the page cannot read the store", log, now });
  }

  /** Follows trades and the store until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const refreshing = this.#refreshAlways(signal);
    using subscription = this.options.live.subscribe(CAPACITY);
    while (!signal.aborted) {
      const batches = await subscription.next(signal);
      const second = this.second();
      for (const { symbol, trades } of batches) {
        const state = this.#symbol(symbol);
        if (!state) continue;
        for (const trade of trades) {
          state.add(trade, second);
          if (trade.time > this.#newest.time) this.#newest = { time: trade.time, heard: this.options.now() };
        }
        state.changed = this.#tick;
        this.trades += trades.length;
      }
      this.dropped = subscription.dropped;
      if (batches.length > 0) this.#wake();
    }
    await refreshing;
  }

  /** Trades may have been missed: what is known of the windows under way is what the store has of them. */
  mindGap(): void {
    for (const state of this.symbols.values()) state.windows.mindGap();
  }

  /** The time of the market, milliseconds: by the clock since its newest trade, so that a replay of last year is in last year. */
  marketTime(): number {
    const now = this.options.now();
    return this.#newest.time === -Infinity ? now : this.#newest.time + now - this.#newest.heard;
  }

  /** Seconds since the epoch. */
  second(): number {
    return Math.floor(this.options.now() / 1000);
  }

  /** Ends the tick: changes after this have a higher number than what is returned. */
  turn(): number {
    return this.#tick++;
  }

  /** Calls `wake` after each change, until the result is called. */
  onChange(wake: () => void): () => void {
    this.#changed.add(wake);
    return () => void this.#changed.delete(wake);
  }

  /** Keeps a symbol's candle of an interval and its average up to date with the store while somebody looks. */
  watch(symbol: string, interval: string): Disposable {
    const key = `${interval} ${symbol}`;
    this.#watched.set(key, (this.#watched.get(key) ?? 0) + 1);
    return {
      [Symbol.dispose]: () => {
        const left = this.#watched.get(key)! - 1;
        if (left === 0) this.#watched.delete(key);
        else this.#watched.set(key, left);
      },
    };
  }

  #wake(): void {
    for (const wake of this.#changed) wake();
  }

  #symbol(symbol: string): LiveSymbol | undefined {
    let state = this.symbols.get(symbol);
    if (state || this.symbols.size >= MAX_SYMBOLS) return state;
    const { align, calendars, rule } = this.#candles;
    state = new LiveSymbol(symbol, calendars.of(symbol), rule, align);
    this.symbols.set(symbol, state);
    return state;
  }

  /** What the store has, of the candles that are shown. */
  #stored(symbol: string, interval: string, from: number, to: number, limit: number): Promise<SipCandle[]> {
    const { align = "epoch", calendars, rule } = this.#candles;
    const question = { symbol, interval, rule, session: "all", align, from, to, limit } as const;
    return candlesOver(this.options.reader, calendars.of(symbol), question);
  }

  async #refreshAlways(signal: AbortSignal): Promise<void> {
    const { refreshInterval = 2000 } = this.options;
    const read = new Map<string, { seen: number; times: number }>();
    for (let round = 0; !signal.aborted; round++) {
      try {
        if (round % 30 === 0) {
          for (const symbol of await this.options.reader.symbols()) this.#symbol(symbol);
        }
        for (const state of this.symbols.values()) {
          if (signal.aborted) return;
          const { seen, symbol } = state;
          const times = read.get(symbol)?.seen === seen ? read.get(symbol)!.times : 0;
          // Twice: at the first time the last trades may not have been stored.
          if (times >= 2 && round % 30 !== 0) continue;
          read.set(symbol, { seen, times: times + 1 });
          await this.#refreshDay(state);
        }
        for (const key of [...this.#watched.keys()]) await this.#refreshWatched(key);
        this.storeAnswers = true;
        this.#reading.over();
        this.#wake();
      } catch (error) {
        this.storeAnswers = false;
        this.#reading.happened(error);
      }
      // The first rounds come soon: a new symbol's row fills as soon as its first windows are stored.
      await delay(round < 4 ? refreshInterval / 4 : refreshInterval, signal).catch(() => {});
    }
  }

  async #refreshDay(state: LiveSymbol): Promise<void> {
    // By the market's time: a replay of last year has a last day too.
    const end = state.time === 0 ? Number.MAX_SAFE_INTEGER : state.time + 1;
    const hours = await this.#stored(state.symbol, "1h", state.time === 0 ? 0 : end - DAY_MS, end, 24);
    const last = hours.at(-1);
    if (!last) return;
    const day = hours.filter(({ start }) => start > last.start - DAY_MS);
    const minutes = await this.#stored(
      state.symbol,
      "1m",
      last.start - DAY_MS,
      last.start + DAY_MS,
      SPARK_POINTS,
    );
    state.setDay(day, minutes);
    if (state.time === 0) {
      const [trade] = await this.options.reader.trades(state.symbol, last.start + HOUR_MS, 1);
      // Where the raw trades are gone, the end of the last minute that has one.
      const time = trade?.time ?? (minutes.at(-1)?.start ?? last.start) + MINUTE_MS - 1;
      // Meanwhile a live trade may have come.
      if (state.time === 0) {
        state.price = last.close ?? state.price;
        state.time = state.heard = time;
      }
    }
    state.changed = this.#tick;
  }

  async #refreshWatched(key: string): Promise<void> {
    const { reader } = this.options;
    const at = key.indexOf(" ");
    const interval = key.slice(0, at);
    const state = this.symbols.get(key.slice(at + 1));
    if (!state) return;
    const partial = state.windows.partial(interval);
    if (partial !== undefined) {
      const [stored] = await this.#stored(state.symbol, interval, partial.start, partial.end, 1);
      if (stored) state.windows.setStored(interval, stored);
    }
    const [average] = await reader.averages(state.symbol, state.time - 60_000, state.time + 1, 1);
    if (average) this.averages.set(state.symbol, average);
    const from = state.time - HOUR_MS;
    // While nothing comes the market's time stands still, and a gap goes on by the clock.
    const spans = await reader.feedSpans(state.symbol, from, Math.max(state.time + 1, this.options.now()));
    this.gaps.set(state.symbol, gapsOf(spans).filter(({ to = Infinity }) => to > from));
    state.changed = this.#tick;
  }
}
