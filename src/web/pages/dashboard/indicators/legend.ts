import { $, make, setText } from "../../shared/dom.ts";
import { numberText, priceText, type SymbolDigits } from "../format.ts";
import { type Indicator, kindOf, nameOf } from "./choice.ts";
import { colourName, PERCENT_DIGITS } from "./layer.ts";

/** The indicators' values, beside those of the candle. */
export interface IndicatorLegend {
  /** Makes a place for each. */
  choose(indicators: readonly Indicator[]): void;
  /** @param values of each, in their order */
  show(values: readonly (readonly (number | undefined)[])[], digits: SymbolDigits): void;
}

export function makeIndicatorLegend(): IndicatorLegend {
  const element = $("indicator-legend");
  let places: { indicator: Indicator; values: HTMLElement[] }[] = [];

  return {
    choose(indicators) {
      places = indicators.map((indicator) => ({
        indicator,
        values: kindOf(indicator).lines.map((name) => {
          const value = make("dd", "", "–");
          if (name !== "") value.title = name;
          return value;
        }),
      }));
      element.replaceChildren(...places.map(({ indicator, values }, number) => {
        const name = make("dt", "", make("span", "swatch"), nameOf(indicator));
        name.title = kindOf(indicator).note ?? "";
        name.style.setProperty("--key", `var(${colourName(number)})`);
        return make("div", "", name, ...values);
      }));
      element.hidden = places.length === 0;
    },
    show(values, digits) {
      places.forEach(({ indicator, values: elements }, number) =>
        elements.forEach((element, line) => {
          const value = values[number]?.[line];
          const text = kindOf(indicator).apart ? numberText(value, PERCENT_DIGITS) : priceText(value, digits);
          setText(element, text);
        })
      );
    },
  };
}
