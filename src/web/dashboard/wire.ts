/**
 * What the dashboard's server sends to its page: answers of the API, and events of its stream. Both import this file, so
 * that an answer that changes is a type error on the page.
 */
import type { Bar } from "../../market/bars.ts";
import type { Alignment, CandleRule } from "../../market/series.ts";
import type { SessionQuestion } from "../../market/calendar/calendar_file.ts";
import type { KnownGap } from "../../market/following/completeness.ts";
import type { Average, Candle, SeenTrade } from "../../market/reader.ts";
import type { PipelineNumbers } from "./pipeline_numbers.ts";

/** Longest text that symbols are searched for, in characters. */
export const MAX_QUERY = 64;

/** What the watch-list says of a symbol. */
export interface WatchRow {
  symbol: string;
  price: number;
  /** Time of the last trade, milliseconds. */
  time: number;
  /** When the last trade came, by the server's clock; its own time where it was stored before. Milliseconds. */
  heard: number;
  /** Decimals that its prices need. */
  digits: number;
  /** Decimals that its trades' volumes need. */
  volumeDigits: number;
  /** Relative to the first price of the last 24 hours; absent while that is not known. */
  change?: number;
  /** Volume of the last 24 hours; absent where it is beyond all numbers. */
  volume?: number;
  /** Trades a second, over the last ten seconds. */
  rate: number;
  /** Closes of the last minutes, earliest first. */
  spark: readonly number[];
}

/** A symbol that was found. */
export interface FoundSymbol {
  symbol: string;
  description: string;
  type: string;
}

/** A candle, and whether it is over: its end has passed by the allowed delay, and all that was sent by then is processed. */
export interface AnsweredCandle extends Candle {
  final: boolean;
}

/** A candle as it is under way. */
export interface LiveCandle extends Candle {
  /** A trade came when the candle was final. */
  revised?: true;
}

/** Answers to `GET /api/…`, by the last part of the path. */
export interface Answers {
  /** `canAdd`: whether symbols can be searched for and added. */
  symbols: { symbols: WatchRow[]; canAdd: boolean };
  /** Earliest first. */
  candles: {
    symbol: string;
    interval: string;
    rule: CandleRule;
    session: SessionQuestion;
    align: Alignment;
    candles: AnsweredCandle[];
  };
  /** Earliest first. */
  bars: { symbol: string; series: string; bars: Bar[] };
  /** Earliest first; those that were filled since, too. */
  gaps: { symbol: string; gaps: KnownGap[] };
  /** Earliest first. */
  averages: { symbol: string; averages: Average[] };
  /** Newest first. */
  trades: { symbol: string; trades: SeenTrade[] };
  search: { matches: FoundSymbol[] };
}

/** The body of `POST /api/symbols`, and its answer. */
export interface AddedSymbol {
  symbol: string;
}

/** The body of an answer that refuses. */
export interface Refusal {
  error: string;
}

/** What is new of the symbol that a page shows. */
export interface ChosenUpdate {
  symbol: string;
  interval: string;
  /** Oldest first. */
  trades: SeenTrade[];
  /** Trades that came since the last update and are not in this one. */
  missed: number;
  /** The newest candles, newest first. */
  candles: LiveCandle[];
  average?: Average | undefined;
  /** Gaps of the last hour of its market, earliest first. */
  gaps: readonly KnownGap[];
}

/** Events of `/api/stream`, by name. */
export interface StreamEvents {
  /** `chosen`: null while nothing is known of the symbol. */
  tick: { watch: WatchRow[]; chosen: ChosenUpdate | null };
  pipeline: PipelineNumbers;
}
