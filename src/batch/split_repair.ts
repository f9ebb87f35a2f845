import { HOUR_MS } from "../market/series.ts";
import { delay } from "../async/wait.ts";
import type { Candles } from "../processing/windows/seeds.ts";
import { errorText, type Logger } from "../telemetry/log.ts";
import type { Counter } from "../telemetry/metrics.ts";
import { Backfill, noTotals } from "./backfill.ts";
import type { Unit } from "./examine.ts";
import type { BatchStore } from "./ports.ts";

export interface SplitRepairOptions extends Omit<Candles, "begun"> {
  store: BatchStore;
  /** Hours of symbols that came in two partitions since the last call. */
  take(): readonly Unit[];
  repaired: Counter;
  log: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Between two looks, milliseconds. Default 15 s. */
  interval?: number;
  /** How long a difference must last, milliseconds: the stream may be about to write. Default 2 s. */
  settle?: number;
}

const MAX_TRADES = 1_000_000;
/** How long an hour is looked at after its end and its last trade, and how often, milliseconds. */
const WATCH_MS = 2 * 60_000;
const LOOK_AGAIN_MS = 60_000;

interface Watched {
  unit: Unit;
  until: number;
  next: number;
}

/**
 * Makes the windows right of symbols that come in two partitions, while they do: each partition's owner writes rows of its own
 * trades alone, and the raw trades are all there. Ends when the signal is aborted.
 */
export async function repairSplits(options: SplitRepairOptions, signal: AbortSignal): Promise<void> {
  const { bars, calendars, interval = 15_000, log, now, repaired, series, settle = 2000, store, take } =
    options;
  const watched = new Map<string, Watched>();
  for (;;) {
    try {
      await delay(interval, signal);
      const time = now();
      for (const unit of take()) {
        // The owner of the other partition may not know of this one, and write its own trades' rows again.
        const until = Math.max(time, unit.hour + HOUR_MS) + WATCH_MS;
        watched.set(`${unit.hour} ${unit.symbol}`, { unit, until, next: time });
      }
      const due = [...watched.values()].filter(({ next }) => next <= time);
      if (due.length === 0) continue;
      const totals = noTotals();
      const backfill = new Backfill({
        store,
        calendars,
        series,
        bars,
        repair: true,
        shrink: false,
        settle,
        parallel: 1,
        maxTrades: MAX_TRADES,
        tradesFrom: -Infinity,
        windowsFrom: -Infinity,
        now,
        onDifference: () => {},
        retry: (work) => work(),
        log,
      }, totals);
      await backfill.run(due.map(({ unit }) => unit), () => Promise.resolve(), signal);
      repaired.add(totals.repaired);
      // What the stream was about to write is looked at again at once.
      const settled = totals.streaming + totals.changing + totals.notTaken === 0;
      for (const each of due) if (settled) each.next = time + LOOK_AGAIN_MS;
      for (const [name, { until }] of watched) if (until < time) watched.delete(name);
    } catch (error) {
      if (signal.aborted) return;
      log.warn("windows of symbols in two partitions were not repaired; tried again", {
        error: errorText(error),
      });
    }
  }
}
