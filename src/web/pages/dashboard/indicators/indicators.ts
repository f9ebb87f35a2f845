import type { CandleChart } from "../chart/chart.ts";
import { dayIn, exchangeZone } from "../clock/exchange.ts";
import type { SymbolDigits } from "../format.ts";
import { choiceOf, choiceText, type Indicator } from "./choice.ts";
import { makeIndicatorLayer } from "./layer.ts";
import { makeIndicatorLegend } from "./legend.ts";
import { makeIndicatorMenu } from "./menu.ts";

/** The indicators of a chart: what is chosen, their lines, and their values. */
export interface Indicators {
  /** What is chosen, as a view keeps it. */
  readonly text: string;
  /** Chooses what a view has. */
  choose(text: string): void;
  /** Takes the symbol that is shown from now on: its exchange says when a session begins. */
  setSymbol(symbol: string): void;
  /** Shows the values at a candle's start, milliseconds, or the newest. */
  show(start: number | undefined, digits: SymbolDigits): void;
}

/** @param changed is called when somebody has chosen others */
export function makeIndicators(chart: CandleChart, changed: () => void): Indicators {
  const layer = chart.add(makeIndicatorLayer);
  const legend = makeIndicatorLegend();
  let chosen: readonly Indicator[] = [];
  let zone = exchangeZone("");
  const menu = makeIndicatorMenu((wanted) => {
    take(wanted);
    changed();
  });

  function take(wanted: readonly Indicator[]): void {
    chosen = wanted;
    layer.choose(chosen, dayIn(zone));
    legend.choose(chosen);
  }

  return {
    get text() {
      return choiceText(chosen);
    },
    choose(text) {
      if (text === choiceText(chosen)) return;
      take(choiceOf(text));
      menu.show(chosen);
    },
    setSymbol(symbol) {
      if (exchangeZone(symbol) === zone) return;
      zone = exchangeZone(symbol);
      layer.choose(chosen, dayIn(zone));
    },
    show: (start, digits) => legend.show(layer.valuesAt(start), digits),
  };
}
