import { Backfill, noTotals } from "../../src/batch/backfill.ts";
import type { Unit } from "../../src/batch/examine.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import type { HistoryState } from "./state.ts";
import { seriesOf } from "../../src/market/series.ts";
import { CALENDARS } from "./processes.ts";
import { ModelStore } from "./model_store.ts";

const HOUR = 3_600_000;
const silent = createLogger({ level: "error", format: "json", write: () => {}, now: () => 0 });

/** Runs the batch layer over all that is stored; what it found different. */
async function backfill({ chance, time, world }: HistoryState, repair: boolean): Promise<string[]> {
  const store = new ModelStore(
    world.tables,
    world.storeFaults,
    chance,
    time,
    () => true,
    () => world.storeAway,
  );
  const retry = async <T>(work: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await work();
      } catch {
        await time.sleep(500);
      }
    }
  };
  const units: Unit[] = [];
  for (const [symbol, { from, to }] of await retry(() => store.spans())) {
    for (let hour = from; hour < to; hour += HOUR) units.push({ symbol, hour });
  }
  const found: string[] = [];
  const layer = new Backfill({
    store,
    series: seriesOf(world.rules),
    bars: world.bars,
    calendars: CALENDARS,
    repair,
    shrink: false,
    settle: 3000,
    parallel: 4,
    maxTrades: 100_000,
    tradesFrom: -Infinity,
    windowsFrom: -Infinity,
    now: () => time.now,
    onDifference: ({ key, kind, series, symbol }, outcome) =>
      found.push(`batch layer: ${symbol} ${series.name} ${key} is ${kind}, ${outcome}`),
    retry,
    log: silent,
  }, noTotals());
  await layer.run(units, () => Promise.resolve(), new AbortController().signal);
  return found;
}

/** Repairs while the stream goes on; whatever it writes must leave every window right in the end. */
export async function repairBeside(history: HistoryState): Promise<void> {
  await backfill(history, true);
}

/** Repairs when all is read, as whoever has added a series does. */
export const repairAll = repairBeside;

/** What the batch layer says of tables that are right: nothing. */
export async function differencesLeft(history: HistoryState): Promise<string[]> {
  return (await backfill(history, false)).slice(0, 5);
}
