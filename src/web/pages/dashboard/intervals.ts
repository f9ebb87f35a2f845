import { ALL_INTERVALS } from "../../../market/series.ts";
import { make } from "../shared/dom.ts";

/** The shortest interval. */
export const SHORTEST = ALL_INTERVALS[0]!;

/** The buttons that choose an interval. */
export interface IntervalButtons {
  /** Marks the interval that is shown. */
  mark(interval: string): void;
}

/** @param choose is called with the interval of a button that is pressed, or walked to by arrow key */
export function makeIntervals(element: HTMLElement, choose: (interval: string) => void): IntervalButtons {
  let shown = SHORTEST;
  const buttons = ALL_INTERVALS.map((name) => {
    const button = make("button", "", name);
    button.type = "button";
    button.setAttribute("role", "radio");
    button.addEventListener("click", () => choose(name));
    return button;
  });
  element.append(...buttons);
  element.addEventListener("keydown", ({ key }) => {
    const by = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
    if (by === 0) return;
    choose(ALL_INTERVALS[(ALL_INTERVALS.indexOf(shown) + by + ALL_INTERVALS.length) % ALL_INTERVALS.length]!);
    buttons[ALL_INTERVALS.indexOf(shown)]!.focus();
  });
  return {
    mark(interval) {
      shown = interval;
      for (const button of buttons) {
        const chosen = button.textContent === interval;
        button.setAttribute("aria-checked", String(chosen));
        button.tabIndex = chosen ? 0 : -1;
      }
    },
  };
}
