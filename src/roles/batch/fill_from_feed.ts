import type { Backfill } from "../../batch/backfill.ts";
import { GapFiller, LeftGap } from "../../batch/gap_filler.ts";
import type { BatchStore } from "../../batch/ports.ts";
import { spansOf } from "../../batch/units.ts";
import { gapsToFill } from "../../batch/unseen_trades.ts";
import type { Calendars } from "../../market/calendar/calendars.ts";
import { finnhubAccess } from "../../finnhub/access.ts";
import { FeedHistory, NotInPlan } from "../../finnhub/history.ts";
import type { FinnhubSettings } from "../../settings/finnhub.ts";
import type { Settings } from "../../settings/settings.ts";
import type { Logger } from "../../telemetry/log.ts";

export interface FeedFillOptions {
  settings: FinnhubSettings & Pick<Settings, "batchSymbols" | "maxTrades">;
  store: BatchStore;
  calendars: Calendars;
  /** Recomputes the windows that lacked trades. */
  backfill: Backfill;
  /** Gaps that touch [from, to) are filled, as a whole. Milliseconds. */
  from: number;
  to: number;
  retry<T>(work: () => Promise<T>): Promise<T>;
  log: Logger;
  print(line: string): void;
  signal: AbortSignal;
}

/** Fetches from Finnhub what gaps of the feed lack and stores it; the number of gaps that are left. */
export async function fillFromFeed(options: FeedFillOptions): Promise<number> {
  const { backfill, calendars, from, log, print, retry, settings, signal, store, to } = options;
  const symbols = [...(await retry(() => spansOf(store, settings.batchSymbols, from, to))).keys()].sort();
  const gaps = await retry(() => gapsToFill(store, symbols, from, to));
  log.info("filling gaps of the feed", { symbols: symbols.length, gaps: gaps.length });
  const filler = new GapFiller({
    store,
    source: new FeedHistory({ ...finnhubAccess(settings), log, random: Math.random, now: Date.now }),
    calendars,
    maxTrades: settings.maxTrades,
    now: Date.now,
    retry,
    recompute: (units) => backfill.run(units, () => Promise.resolve(), signal),
    notInPlan: (error) => error instanceof NotInPlan,
    whyLeft: (error) => error instanceof NotInPlan || error instanceof LeftGap ? error.message : undefined,
    print,
  });
  await filler.run(gaps, signal);
  const { candles, filled, left, trades } = filler.totals;
  print(`${filled} gap(s) filled with ${trades} trade(s) and ${candles} candle(s), ${left} left`);
  return left;
}
