import type { WatchRow } from "../../dashboard/wire.ts";
import type { CandleChart } from "./chart/chart.ts";
import { makeChartTools } from "./chart/tools.ts";
import { makeZoneChoice } from "./clock/choice.ts";
import type { Clock } from "./clock/clock.ts";
import { makeComparison } from "./compare/compare.ts";
import type { SymbolDigits } from "./format.ts";
import { makeIndicators } from "./indicators/indicators.ts";
import type { Tape } from "./tape.ts";
import type { View } from "./view.ts";
import type { WatchList } from "./watch/watch_list.ts";

/** What of a view is chosen beside its symbol and interval. */
type Chosen = Omit<View, "symbol" | "interval">;

/** How a symbol is shown: indicators, symbols to compare, scale and time zone. */
export interface Choices {
  readonly chosen: Chosen;
  readonly clock: Clock;
  /** Takes what a view says; what it does not say stays. */
  take(said: Partial<Chosen>): void;
  /** Takes the symbol and interval that are shown from now on. */
  setShown(symbol: string, interval: string): void;
  /** Takes prices that changed. */
  update(rows: readonly WatchRow[]): void;
  /** Shows the values at a candle's start, milliseconds, or the newest. */
  show(start: number | undefined, digits: SymbolDigits): void;
}

export interface ChoicesOptions {
  chart: CandleChart;
  tape: Tape;
  watch: WatchList;
  /** Name of what is shown, for files. */
  name(): string;
  /** Called when somebody has chosen something else, after it is drawn. */
  changed(): void;
  /** Called when times are to be written anew. */
  clockChanged(): void;
}

export function makeChoices({ changed, chart, clockChanged, name, tape, watch }: ChoicesOptions): Choices {
  const indicators = makeIndicators(chart, changed);
  const comparison = makeComparison({ chart, symbols: watch.symbols, changed });
  const tools = makeChartTools(chart, name, changed);
  const zone = makeZoneChoice((clock) => {
    tape.setClock(clock);
    chart.setClock(clock);
    clockChanged();
  }, changed);

  return {
    get chosen() {
      return {
        indicators: indicators.text,
        zone: zone.text,
        compare: comparison.text,
        scale: tools.scale,
      };
    },
    get clock() {
      return zone.clock;
    },
    take(said) {
      indicators.choose(said.indicators ?? indicators.text);
      zone.choose(said.zone ?? zone.text);
      comparison.choose(said.compare ?? comparison.text);
      tools.setScale(said.scale ?? tools.scale);
    },
    setShown(symbol, interval) {
      indicators.setSymbol(symbol);
      zone.setSymbol(symbol);
      comparison.setShown(symbol, interval);
    },
    update: comparison.update,
    show(start, digits) {
      indicators.show(start, digits);
      comparison.show(start);
    },
  };
}
