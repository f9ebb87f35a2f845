import { type Aggregate, boundedVwap, meanTurnover, vwap } from "./aggregate.ts";
import { RUNNING_AVERAGE, type SeriesKind } from "./series.ts";

/** What a stored row tells of its window. */
export interface WindowColumns {
  names: readonly string[];
  /** In the order of `names`; undefined for a VWAP without volume, and for prices that no trade has set. */
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

const finite = (value: number) => Number.isFinite(value) ? value : undefined;

/** Volume may be of trades that set no price, so the mean may lie outside of low and high. */
const SIP_CANDLE: WindowColumns = {
  names: CANDLE.names,
  values: (aggregate) => {
    const last = aggregate.closeTime > -Infinity;
    return [
      aggregate.count,
      aggregate.volume,
      aggregate.turnover,
      vwap(aggregate),
      last ? aggregate.open : undefined,
      finite(aggregate.high),
      finite(aggregate.low),
      last ? aggregate.close : undefined,
      finite(aggregate.openTime),
      finite(aggregate.closeTime),
    ];
  },
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
export const windowColumns = (kind: SeriesKind): WindowColumns =>
  kind === RUNNING_AVERAGE ? AVERAGE : kind.rule === "sip" ? SIP_CANDLE : CANDLE;
