import { type Aggregate, boundedVwap, meanTurnover, vwap } from "./aggregate.ts";
import { RUNNING_AVERAGE, type SeriesKind } from "./series.ts";

/** What a stored row tells of its window. */
export interface WindowColumns {
  names: readonly string[];
  /** In the order of `names`; undefined for a VWAP without volume. */
  values(aggregate: Aggregate): (number | undefined)[];
}

const CANDLE: WindowColumns = {
  names: [
    "trade_count",
    "volume",
    "turnover",
    "vwap",
    "open",
    "high",
    "low",
    "close",
    "open_timestamp",
    "close_timestamp",
  ],
  values: (aggregate) => [
    aggregate.count,
    aggregate.volume,
    aggregate.turnover,
    boundedVwap(aggregate),
    aggregate.open,
    aggregate.high,
    aggregate.low,
    aggregate.close,
    aggregate.openTime,
    aggregate.closeTime,
  ],
};

const AVERAGE: WindowColumns = {
  names: ["trade_count", "volume", "turnover", "vwap", "price_volume_multiply"],
  values: (aggregate) => [
    aggregate.count,
    aggregate.volume,
    aggregate.turnover,
    vwap(aggregate),
    meanTurnover(aggregate),
  ],
};

/** The columns of a series' rows, in every store. */
export const windowColumns = (kind: SeriesKind): WindowColumns => kind === RUNNING_AVERAGE ? AVERAGE : CANDLE;
