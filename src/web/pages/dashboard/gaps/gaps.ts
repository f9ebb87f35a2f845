import type { KnownGap } from "../../../../market/following/completeness.ts";
import { lengthOf } from "../../../../market/series.ts";
import type { Candle } from "../../../../market/reader.ts";
import { $, setText } from "../../shared/dom.ts";
import { ask } from "../ask.ts";
import type { CandleChart } from "../chart/chart.ts";
import type { Clock } from "../clock/clock.ts";
import { makeGapLayer } from "./layer.ts";
import { touches } from "./place.ts";

/** The gaps of the symbol that is shown. */
export interface Gaps {
  /** Forgets all, for another symbol or interval. */
  clear(interval: string): void;
  /** Asks for those of a time up to now, milliseconds. */
  load(symbol: string, from: number): Promise<void>;
  /** Takes newer states of gaps. */
  take(gaps: readonly KnownGap[]): void;
  /** Says of a candle what may be missing of it, or that it was fetched. */
  tell(candle: Pick<Candle, "start" | "source">, clock: Clock): void;
}

const REASONS: Readonly<Record<string, string>> = {
  lost: "the connection to the feed was lost",
  refused: "the feed did not take the symbol",
  stopped: "the pipeline was stopped",
  restart: "the pipeline did not run",
  shed: "the producer's buffer was full",
};

const FETCHED = "Fetched as a candle, in place of trades that nobody has";

/** Gaps as the chart shows them, hatched, and as a line of text below its legend. */
export function makeGaps(chart: CandleChart): Gaps {
  const layer = chart.add(makeGapLayer);
  let known = new Map<number, KnownGap>();
  let lengthMs = 0;
  let shown: object = {};

  function take(gaps: readonly KnownGap[]): void {
    if (gaps.every((gap) => same(known.get(gap.from), gap))) return;
    for (const gap of gaps) known.set(gap.from, gap);
    layer.show([...known.values()], lengthMs);
  }

  return {
    take,
    clear(interval) {
      shown = {};
      known = new Map();
      lengthMs = lengthOf(interval);
      layer.show([], lengthMs);
      $("gap-note").hidden = true;
    },
    async load(symbol, from) {
      const own = shown;
      const { gaps } = await ask("gaps", { symbol, from });
      if (shown === own) take(gaps);
    },
    tell({ source, start }, clock) {
      const gap = [...known.values()].find((each) => touches(each, start, lengthMs));
      const text = gap !== undefined ? textOf(gap, clock) : source === "rest" ? FETCHED : "";
      $("gap-note").hidden = text === "";
      setText($("gap-note"), text);
    },
  };
}

const same = (a: KnownGap | undefined, b: KnownGap): boolean =>
  a !== undefined && a.to === b.to && a.filledAt === b.filledAt;

/** What a gap is, for a person. */
function textOf({ from, to, why }: KnownGap, clock: Clock): string {
  const time = to === undefined
    ? `since ${clock.date(from)}`
    : `from ${clock.date(from)} to ${clock.date(to)}`;
  return `Incomplete: trades may be missing ${time}; ${REASONS[why] ?? why}`;
}
