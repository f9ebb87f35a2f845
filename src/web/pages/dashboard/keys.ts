import { INTERVALS } from "../../../market/series.ts";
import { $ } from "../shared/dom.ts";

/** What is done by keyboard, wherever the focus is. */
export interface KeyHandlers {
  /** The list, in which arrows walk. */
  list: HTMLElement;
  /** To the symbol some rows further. */
  step(by: number): void;
  interval(name: string): void;
  latest(): void;
}

/** Whether keys are text, or choose, where they are pressed. */
const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLSelectElement;

export function listenToKeys({ interval, latest, list, step }: KeyHandlers): void {
  addEventListener("keydown", (event) => {
    if (isField(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    const inList = event.target === list;
    if (key === "/") {
      event.preventDefault();
      $("filter").focus();
    } else if (key === "j" || (inList && key === "ArrowDown")) {
      event.preventDefault();
      step(1);
    } else if (key === "k" || (inList && key === "ArrowUp")) {
      event.preventDefault();
      step(-1);
    } else if (key === "End" && !inList) {
      latest();
    } else if (/^[1-9]$/.test(key)) {
      const name = INTERVALS[Number(key) - 1];
      if (name !== undefined) interval(name);
    }
  });
}
