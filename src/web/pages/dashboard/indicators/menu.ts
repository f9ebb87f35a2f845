import { placePopup } from "../controls/popup.ts";
import { $, make } from "../../shared/dom.ts";
import { fitted, type Indicator, type KindName, kindOf, KINDS, MOST_INDICATORS, presetOf } from "./choice.ts";
import { colourName } from "./layer.ts";

/** The menu in which indicators are chosen and set. */
export interface IndicatorMenu {
  /** Shows what is chosen. */
  show(chosen: readonly Indicator[]): void;
}

/** @param choose gets all that are chosen from now on */
export function makeIndicatorMenu(choose: (chosen: readonly Indicator[]) => void): IndicatorMenu {
  const [button, list, kinds] = [$("indicators"), $("indicator-list"), $("indicator-kinds")];
  let chosen: readonly Indicator[] = [];

  function show(wanted: readonly Indicator[]): void {
    chosen = wanted;
    list.replaceChildren(...wanted.map(row));
    for (const each of kinds.querySelectorAll("button")) each.disabled = wanted.length >= MOST_INDICATORS;
  }

  function change(wanted: readonly Indicator[]): void {
    show(wanted);
    choose(wanted);
  }

  function row(indicator: Indicator, number: number): HTMLElement {
    const { settings, title } = kindOf(indicator);
    const swatch = make("span", "swatch");
    swatch.style.setProperty("--key", `var(${colourName(number)})`);
    const inputs = settings.map((setting, i) => {
      const input = make("input");
      Object.assign(input, { ...setting, type: "number", name: "", value: indicator.settings[i] });
      input.setAttribute("aria-label", `${setting.name} of ${title}`);
      input.title = setting.name;
      input.addEventListener("change", () => {
        const value = fitted(setting, input.value === "" ? NaN : Number(input.value));
        const changed = { ...indicator, settings: indicator.settings.with(i, value) };
        change(chosen.with(number, changed));
        list.children[number]?.querySelectorAll("input")[i]?.focus();
      });
      return input;
    });
    const remove = make("button", "plain", "✕");
    remove.type = "button";
    remove.setAttribute("aria-label", `Remove ${title}`);
    remove.addEventListener("click", () => {
      change(chosen.toSpliced(number, 1));
      (list.querySelector<HTMLElement>("button") ?? kinds.querySelector("button"))?.focus();
    });
    return make("li", "", swatch, make("span", "title", title), ...inputs, remove);
  }

  for (const kind of Object.keys(KINDS) as KindName[]) {
    const add = make("button", "", `+ ${KINDS[kind].title}`);
    add.type = "button";
    add.addEventListener("click", () => change([...chosen, presetOf(kind)]));
    kinds.append(add);
  }
  placePopup(button, $("indicator-menu"));
  return { show };
}
