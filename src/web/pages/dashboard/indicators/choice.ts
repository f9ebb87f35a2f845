import { bollinger, ema, rsi, sessionVwap, sma, type Step } from "./formulas.ts";

/** A number that an indicator is set by. */
interface Setting {
  name: string;
  min: number;
  max: number;
  step: number;
  preset: number;
}

/** A kind of indicator. */
interface Kind {
  /** In the menu. */
  title: string;
  /** In the legend, before the settings. */
  short: string;
  /** What its name does not say. */
  note?: string;
  settings: readonly Setting[];
  /** Its lines, by name; drawn in one colour. */
  lines: readonly string[];
  /** Whether it has a pane of its own, and a scale from 0 to 100. */
  apart?: true;
  /** @param dayOf tells sessions apart */
  begin(settings: readonly number[], dayOf: (time: number) => string): Step;
}

const period = (preset: number): Setting => ({ name: "Period", min: 2, max: 500, step: 1, preset });
const DEVIATIONS: Setting = { name: "Deviations", min: 0.5, max: 10, step: 0.5, preset: 2 };

/** Every kind, by the name that links and the browser keep. */
export const KINDS = {
  sma: {
    title: "SMA",
    short: "SMA",
    settings: [period(20)],
    lines: [""],
    begin: ([length]) => sma(length!),
  },
  ema: {
    title: "EMA",
    short: "EMA",
    settings: [period(50)],
    lines: [""],
    begin: ([length]) => ema(length!),
  },
  bb: {
    title: "Bollinger bands",
    short: "BB",
    settings: [period(20), DEVIATIONS],
    lines: ["", "upper", "lower"],
    begin: ([length, deviations]) => bollinger(length!, deviations!),
  },
  rsi: {
    title: "RSI",
    short: "RSI",
    settings: [period(14)],
    lines: [""],
    apart: true,
    begin: ([length]) => rsi(length!),
  },
  vwap: {
    title: "Session VWAP",
    short: "Session VWAP",
    note: "Since midnight at the exchange, or since the first candle that is loaded",
    settings: [],
    lines: [""],
    begin: (_, dayOf) => sessionVwap(dayOf),
  },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;

/** An indicator that was chosen. */
export interface Indicator {
  kind: KindName;
  settings: readonly number[];
}

/** What is known of its kind. */
export const kindOf = ({ kind }: Indicator): Kind => KINDS[kind];

/** Most at once: more are told apart by no eye. */
export const MOST_INDICATORS = 8;

/** One of a kind, as it is set at first. */
export const presetOf = (kind: KindName): Indicator => ({
  kind,
  settings: KINDS[kind].settings.map(({ preset }) => preset),
});

/** A value that a setting takes: the next one to what was asked for. */
export const fitted = ({ max, min, preset, step }: Setting, wanted: number): number =>
  Number.isFinite(wanted) ? Math.min(max, Math.max(min, Math.round(wanted / step) * step)) : preset;

/** As it is called: `BB 20 2`. */
export const nameOf = (indicator: Indicator): string =>
  [kindOf(indicator).short, ...indicator.settings].join(" ");

/** As it is kept: `sma-20_bb-20-2`. */
export const choiceText = (chosen: readonly Indicator[]): string =>
  chosen.map(({ kind, settings }) => [kind, ...settings].join("-")).join("_");

/** What of a text is known; numbers that do not fit are made to. */
export function choiceOf(text: string): Indicator[] {
  const found = new Map<string, Indicator>();
  for (const part of text.split("_")) {
    const [name = "", ...numbers] = part.split("-");
    if (!Object.hasOwn(KINDS, name)) continue;
    const kind = name as KindName;
    const settings = KINDS[kind].settings.map((setting, i) => fitted(setting, Number(numbers[i] || NaN)));
    found.set([kind, ...settings].join("-"), { kind, settings });
  }
  return [...found.values()].slice(0, MOST_INDICATORS);
}
