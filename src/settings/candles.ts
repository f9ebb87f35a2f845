import { Calendars, readCalendars } from "../market/calendar/calendars.ts";
import { CANDLE_RULES, type SeriesKind, seriesOf } from "../market/series.ts";
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
  calendarFile: setting({
    flag: "calendars",
    env: "CALENDARS",
    default: "",
    meaning:
      "File with trading calendars of your own, as JSON like those of schemas/calendars; they come before those of the program",
    parse: (path) => path === "" ? undefined : new NamedFile(anyText(path), checkCalendars),
  }),
};

/** The parsed values of the settings of candles. */
export type CandleSettings = Values<typeof candleSettings>;

/** Names of the settings of candles. */
export const CANDLE_SETTINGS = Object.keys(candleSettings) as (keyof CandleSettings)[];

/** What windows are kept of each symbol, and by which calendars. */
export function candlesOfSettings(
  { calendarFile, candles }: CandleSettings,
): { series: readonly SeriesKind[]; calendars: Calendars } {
  return {
    series: seriesOf(candles),
    calendars: new Calendars(calendarFile && readCalendars(calendarFile.text)),
  };
}

function checkCalendars(text: string): void {
  try {
    readCalendars(text);
  } catch (error) {
    throw new RangeError(`a file of trading calendars: ${errorText(error)}`);
  }
}
