import type { Unit } from "../batch/examine.ts";
import { foldBars } from "../batch/bars/fold_bars.ts";
import { earlierFirsts } from "../batch/earlier_firsts.ts";
import { type Fold, foldHour, REACH_MS } from "../batch/fold.ts";
import { Importer } from "../batch/importer.ts";
import type { Line } from "../batch/files/lines.ts";
import { parseFrameLine } from "../batch/files/trade_lines.ts";
import { TradeColumns } from "../batch/trade_columns.ts";
import { sqliteAnswer } from "../embedded/answers.ts";
import type { Database } from "../embedded/database.ts";
import { SqliteBatchStore } from "../embedded/tables/batch_store.ts";
import { storedTrades } from "../embedded/tables/stored_trades.ts";
import type { SqliteStore } from "../embedded/tables/store.ts";
import { Floor } from "../finnhub/simulator/floor.ts";
import { instrumentOf } from "../finnhub/simulator/instruments.ts";
import { marketWithPast } from "../finnhub/simulator/made_history.ts";
import type { FrameTrade, MarketSource } from "../finnhub/simulator/market_source.ts";
import { tradeFrame } from "../finnhub/simulator/misbehave.ts";
import { PriceWalk } from "../finnhub/simulator/price_walk.ts";
import { syntheticMarket, type SyntheticOptions } from "../finnhub/simulator/synthetic.ts";
import { sipSymbol } from "../market/conditions/sip_symbol.ts";
import { IMPORT_EPOCH, NO_POSITION, positionOf, repairPlace } from "../market/position.ts";
import type { MarketReader } from "../market/reader.ts";
import { bucketOf, HOUR_MS } from "../market/series.ts";
import type { WindowRow } from "../processing/ports.ts";
import type { Candles } from "../processing/windows/seeds.ts";
import type { MarketSettings } from "../settings/simulator.ts";
import type { Settings } from "../settings/settings.ts";
import { errorText, type Logger } from "../telemetry/log.ts";

export interface SimulatedMarketOptions {
  settings: Pick<Settings, keyof MarketSettings | "history">;
  candles: Omit<Candles, "begun">;
  database: Database;
  store: SqliteStore;
  reader: MarketReader;
  /** Milliseconds since the epoch. */
  now: () => number;
  log: Logger;
  signal: AbortSignal;
}

/** Trades of one symbol and hour that are folded at once: far above what is made. */
const MAX_TRADES = 1_000_000;
/** A stored price is gone on from unless it is so many times the reference price, or less than its part of it. */
const FAR = 4;

/**
 * The simulated market of role `local`. Where nothing is stored it begins with a past, which is stored before this resolves; else it
 * goes on from the last prices.
 */
export async function simulatedMarket(options: SimulatedMarketOptions): Promise<MarketSource> {
  const { database, log, now, reader, settings } = options;
  const { history, marketHours: hours, rate, seed, symbols } = settings;
  const market: SyntheticOptions = { symbols, rate, seed, hours };
  if (isEmpty(database) && history > 0) {
    const { market: goingOn, past } = marketWithPast(market, now(), history);
    try {
      await storePast(options, past);
      return goingOn();
    } catch (error) {
      const { answer, remedy } = sqliteAnswer(error);
      if (answer === "end") throw error;
      log.warn("the simulated market begins without a past, which could not be stored", {
        error: errorText(error),
        remedy,
      });
    }
  }
  const walks = await Promise.all(symbols.map(async (symbol) => {
    const instrument = instrumentOf(symbol, seed);
    const [last] = await reader.candles(symbol, "1h", 0, Number.MAX_SAFE_INTEGER, 1);
    const moved = (last?.close ?? 0) / instrument.price;
    return new PriceWalk(instrument, moved > 1 / FAR && moved < FAR ? last!.close : instrument.price);
  }));
  return syntheticMarket(market, new Floor({ symbols, seed, hours }, walks));
}

const isEmpty = (database: Database): boolean =>
  ["log", "trades", "candles"].every((table) => database.all(`SELECT 1 FROM ${table} LIMIT 1`).length === 0);

/** Stores trades by the way of an import, and their windows; all or nothing. */
async function storePast(options: SimulatedMarketOptions, past: Iterable<FrameTrade[]>): Promise<void> {
  const { database, log, now, signal, store } = options;
  const start = performance.now();
  const importer = new Importer({
    store: new SqliteBatchStore(database, store, now),
    parse: parseFrameLine,
    from: -Infinity,
    to: Infinity,
    symbols: undefined,
    skip: 0,
    now,
    retry: (work) => work(),
    onBadLine: (line, fault) => log.error("a trade of the simulated past is bad", { line, fault }),
    onStored: () => Promise.resolve(),
  });
  await database.together(() =>
    importer.run(linesOf(past), async (units) => {
      for (const unit of units) await storeWindows(options, unit);
    }, signal)
  );
  log.info("the simulated market begins with a past", {
    trades: importer.totals.trades,
    ms: Math.round(performance.now() - start),
  });
}

async function* linesOf(past: Iterable<FrameTrade[]>): AsyncGenerator<Line> {
  let number = 0;
  for (const trades of past) yield { number: ++number, text: tradeFrame(trades) };
}

/** Stores the windows of an hour of imported trades: there are no others. */
async function storeWindows(
  { candles: { bars = [], calendars, series }, database, now, store }: SimulatedMarketOptions,
  { hour, symbol }: Unit,
): Promise<void> {
  const read = (from: number, to: number) => store.trades(symbol, from, to);
  const trades = new TradeColumns(MAX_TRADES, sipSymbol(series, calendars, symbol));
  for (const trade of storedTrades(database, symbol, hour - REACH_MS, hour + HOUR_MS)) trades.add(trade);
  const { complete } = repairPlace(positionOf(IMPORT_EPOCH, 0), undefined, now())!;
  const earlier = await earlierFirsts(trades, hour, read);
  const folds = [
    ...foldHour(trades, hour, () => undefined, { series, ...(earlier && { earlier }) }),
    ...foldBars(trades, hour, bars, () => ({ position: NO_POSITION, index: 0 })),
  ];
  for (const [kind, ofKind] of Map.groupBy(folds, ({ kind }: Fold) => kind)) {
    for (const [bucket, own] of Map.groupBy(ofKind, ({ key }) => bucketOf(kind, key))) {
      const rows = own.map(({ all, key }): WindowRow => ({ key, aggregate: all, partition: -1, complete }));
      await store.writeWindows({ symbol, kind, bucket }, rows);
    }
  }
}
