import type { Calendars } from "../market/calendar/calendars.ts";
import { FETCHED_MS, type FetchedCandle, ofMinutes } from "../market/following/fetched.ts";
import { CANDLES, HOUR_MS, hourOf } from "../market/series.ts";
import type { Trade } from "../market/trade.ts";
import type { Unit } from "./examine.ts";
import type { Line } from "./files/lines.ts";
import { parseFrameLine } from "./files/trade_lines.ts";
import { Importer } from "./importer.ts";
import type { BatchStore } from "./ports.ts";
import { type SymbolGap, UnseenTrades } from "./unseen_trades.ts";

/** Where the trades of the past are. */
export interface TickSource {
  /** A day's trades of a symbol, from the `skip`-th on; `next` is where the next page starts, if there is one. */
  ticks(
    symbol: string,
    date: string,
    skip: number,
    signal: AbortSignal,
  ): Promise<{ trades: Trade[]; next: number | undefined }>;
  /** Candles of a minute that start in [from, to), milliseconds; earliest first. */
  candles(symbol: string, from: number, to: number, signal: AbortSignal): Promise<FetchedCandle[]>;
}

export interface GapFillerOptions {
  store: BatchStore;
  source: TickSource;
  /** Ticks are asked for by the days of a symbol's exchange. */
  calendars: Calendars;
  /** Trades of the stream that are held of a gap. */
  maxTrades: number;
  /** Milliseconds since the epoch. */
  now: () => number;
  retry<T>(work: () => Promise<T>): Promise<T>;
  /** Computes the windows of these hours anew. */
  recompute(units: Unit[]): Promise<void>;
  /** Whether the source has no trades of a symbol at all, as far as we may ask. */
  notInPlan(error: unknown): boolean;
  /** Why a symbol or day cannot be asked for by this error; undefined for an error that ends the run. */
  whyLeft(error: unknown): string | undefined;
  print(line: string): void;
}

/** What became of gaps. */
export interface GapTotals {
  filled: number;
  left: number;
  trades: number;
  candles: number;
}

/** Trades of one line that is imported. */
const LINE_TRADES = 1000;

/** Fetches what gaps lack, stores it as imported trades, and marks each gap that is filled. */
export class GapFiller {
  readonly totals: GapTotals = { filled: 0, left: 0, trades: 0, candles: 0 };

  constructor(readonly options: GapFillerOptions) {}

  /** Fills gaps one after the other; what cannot be fetched is left and said so. */
  async run(gaps: readonly SymbolGap[], signal: AbortSignal): Promise<void> {
    const { print, whyLeft } = this.options;
    for (const gap of gaps) {
      signal.throwIfAborted();
      const where = `${gap.symbol} ${new Date(gap.from).toISOString()} to ${new Date(gap.to).toISOString()}`;
      try {
        const what = await this.#fill(gap, signal);
        this.totals.filled++;
        print(`${where}: ${what} fetched`);
      } catch (error) {
        const why = whyLeft(error);
        if (why === undefined) throw error;
        this.totals.left++;
        print(`${where}: left (${why})`);
      }
    }
  }

  /** Fills a gap with trades where there are some, else with candles; what was fetched. */
  async #fill(gap: SymbolGap, signal: AbortSignal): Promise<string> {
    // Trades of the past are of stocks alone.
    if (gap.symbol.includes(":")) return await this.#fillWithCandles(gap, signal);
    try {
      return await this.#fillWithTrades(gap, signal);
    } catch (error) {
      if (!this.options.notInPlan(error)) throw error;
      return await this.#fillWithCandles(gap, signal);
    }
  }

  async #fillWithCandles({ from, symbol, to }: SymbolGap, signal: AbortSignal): Promise<string> {
    const { now, retry, source, store } = this.options;
    const [first, end] = [hourOf(from), hourOf(to - 1) + HOUR_MS];
    if (end > now()) throw new LeftGap("its hour is not over, and candles are fetched in place of trades");
    const minutes = await source.candles(symbol, first, end, signal);
    if (minutes.length === 0) throw new LeftGap("there are no candles of that time");
    let count = 0;
    for (const kind of CANDLES) {
      const { lengthMs } = kind;
      if (lengthMs < FETCHED_MS || lengthMs > HOUR_MS) continue;
      const candles = ofMinutes(minutes, kind).filter(({ start }) => start < to && start + lengthMs > from);
      await retry(() => store.writeFetched(symbol, kind, candles, now()));
      count += candles.length;
    }
    await retry(() => store.fillGap(symbol, from, now(), "candle"));
    this.totals.candles += count;
    return `${count} candle(s)`;
  }

  async #fillWithTrades(gap: SymbolGap, signal: AbortSignal): Promise<string> {
    const { maxTrades, now, recompute, retry, store } = this.options;
    const unseen = await retry(() => UnseenTrades.of(store, gap, maxTrades)).catch((error) => {
      throw error instanceof RangeError ? new LeftGap(`${error.message}; raise --max-trades`) : error;
    });
    const importer = new Importer({
      store,
      parse: parseFrameLine,
      from: gap.from,
      to: gap.to,
      symbols: undefined,
      skip: 0,
      now,
      retry,
      onBadLine: () => {},
      onStored: () => Promise.resolve(),
    });
    await importer.run(this.#lines(gap, unseen, signal), recompute, signal);
    await retry(() => store.fillGap(gap.symbol, gap.from, now(), "tick"));
    const { trades } = importer.totals;
    this.totals.trades += trades;
    return `${trades} trade(s)`;
  }

  /** The trades of a gap that the stream has not, as lines of frames. */
  async *#lines(gap: SymbolGap, unseen: UnseenTrades, signal: AbortSignal): AsyncGenerator<Line> {
    const { calendars, now, source } = this.options;
    const calendar = calendars.of(gap.symbol);
    let number = 0;
    for (let day = calendar.dayOf(gap.from); day.start < gap.to; day = calendar.dayBeside(day, 1)) {
      const { date } = day;
      let any = false;
      for (let skip: number | undefined = 0; skip !== undefined;) {
        const page: Awaited<ReturnType<TickSource["ticks"]>> = await source.ticks(
          gap.symbol,
          date,
          skip,
          signal,
        );
        any ||= page.trades.length > 0;
        const within = page.trades.filter(({ time }) => time >= gap.from && time < gap.to);
        const lacking = unseen.take(within);
        for (let i = 0; i < lacking.length; i += LINE_TRADES) {
          number++;
          yield { number, text: frameOf(lacking.slice(i, i + LINE_TRADES)) };
        }
        skip = page.next;
      }
      // Of a day that is not over the source may have nothing yet.
      if (!any && now() < day.end) throw new LeftGap(`no trades of ${date} yet`);
    }
  }
}

/** A gap that is not filled, and why. */
export class LeftGap extends Error {
  override name = "LeftGap";
}

const frameOf = (trades: readonly Trade[]): string =>
  JSON.stringify({
    type: "trade",
    data: trades.map(({ conditions: c, price: p, symbol: s, time: t, volume: v }) => ({ s, p, t, v, c })),
  });
