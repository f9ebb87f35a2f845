import { type BarKind, type BarMeasure, barsOf } from "../market/bars.ts";
import { Calendars, readCalendars } from "../market/calendar/calendars.ts";
import { ALIGNMENTS, CANDLE_RULES, type SeriesKind, seriesOf } from "../market/series.ts";
import { errorText } from "../telemetry/log.ts";
import { NamedFile } from "../transport/named_file.ts";
import { anyText, listOf, oneOf } from "./parsers.ts";
import { setting, type Values } from "./setting.ts";

const rules = listOf(oneOf(...CANDLE_RULES));

/** Settings of which candles are kept and shown. */
export const candleSettings = {
  candles: setting({
    flag: "candles",
    env: "CANDLES",
    default: "raw",
    meaning:
      "Candles of every print (raw), of what the sale conditions of US trades let into a bar (sip), or both; the first is shown and exported",
    parse: (text) => {
      const found = [...new Set(rules(text))];
      if (found.length === 0) throw new RangeError(`one or more of ${CANDLE_RULES.join(", ")}`);
      return found;
    },
  }),
  bars: setting({
    flag: "bars",
    env: "BARS",
    default: "",
    meaning:
      "Bars that are kept beside the candles, such as tick:500,volume:10000: by number of trades (tick), volume or price × volume (dollar); the first is exported",
    parse: barList,
  }),
  calendarFile: setting({
    flag: "calendars",
    env: "CALENDARS",
    default: "",
    meaning:
      "File with trading calendars of your own, as JSON like those of schemas/calendars; they come before those of the program",
    parse: (path) => path === "" ? undefined : new NamedFile(anyText(path), checkCalendars),
  }),
};

/** Settings of how candles are shown, whichever are kept. */
export const candleViewSettings = {
  candleAlign: setting({
    flag: "align",
    env: "CANDLE_ALIGN",
    default: "epoch",
    meaning:
      "Where candles of up to 4 hours begin: at multiples of their length since the epoch (epoch), or with each session of the exchange (session)",
    parse: oneOf(...ALIGNMENTS),
  }),
};

/** The parsed values of the settings of candles. */
export type CandleSettings = Values<typeof candleSettings>;

/** Names of the settings of candles. */
export const CANDLE_SETTINGS = Object.keys(candleSettings) as (keyof CandleSettings)[];

/** What windows are kept of each symbol, and by which calendars. */
export function candlesOfSettings(
  { bars, calendarFile, candles }: CandleSettings,
): { series: readonly SeriesKind[]; bars: readonly BarKind[]; calendars: Calendars } {
  return {
    series: seriesOf(candles),
    bars,
    calendars: new Calendars(calendarFile && readCalendars(calendarFile.text)),
  };
}

/** Kinds of bars that are kept at once: each costs a row more for every few trades. */
const MAX_BARS = 8;
/** Bounds of a bar's size: so small a one would be a row for each trade, and a larger one never be full. */
const MIN_TICKS = 2;
const MAX_SIZE = 1e15;

function barList(text: string): BarKind[] {
  const wrong = new RangeError(
    `up to ${MAX_BARS} of tick:N (whole, from ${MIN_TICKS}), volume:N and dollar:N (above 0), such as tick:500,volume:10000`,
  );
  const found = new Map<string, BarKind>();
  for (const part of listOf(anyText)(text)) {
    const [, measure, digits] = /^(tick|volume|dollar):(\d{1,15}(?:\.\d{1,9})?)$/.exec(part) ?? [];
    const size = Number(digits);
    const least = measure === "tick" ? MIN_TICKS : Number.MIN_VALUE;
    if (!(size >= least && size <= MAX_SIZE) || (measure === "tick" && !Number.isInteger(size))) throw wrong;
    const kind = barsOf(measure as BarMeasure, size);
    found.set(kind.name, kind);
  }
  if (found.size > MAX_BARS) throw wrong;
  return [...found.values()];
}

function checkCalendars(text: string): void {
  try {
    readCalendars(text);
  } catch (error) {
    throw new RangeError(`a file of trading calendars: ${errorText(error)}`);
  }
}
