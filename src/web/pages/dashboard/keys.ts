import { ALL_INTERVALS } from "../../../market/series.ts";
import type { CandleChart } from "./chart/chart.ts";
import { $ } from "../shared/dom.ts";

/** What is done by keyboard, wherever the focus is. */
export interface KeyHandlers {
  /** The list, in which arrows walk. */
  list: HTMLElement;
  /** To the symbol some rows further. */
  step(by: number): void;
  interval(name: string): void;
  /** Pins the symbol that is shown, or removes it from the list. */
  pin(): void;
  remove(): void;
  chart: Pick<CandleChart, "pan" | "toEarliest" | "toLatest" | "zoom">;
}

/** Share of the chart's width that an arrow moves it by, and of how much a sign zooms. */
const PAN = 0.1;
const ZOOM = 0.8;

/** Whether keys are text, or choose, where they are pressed. */
const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLSelectElement;

/** What a key does to the chart. */
function chartKey(chart: KeyHandlers["chart"], key: string): (() => void) | undefined {
  switch (key) {
    case "ArrowLeft":
      return () => chart.pan(-PAN);
    case "ArrowRight":
      return () => chart.pan(PAN);
    case "+":
    case "=":
      return () => chart.zoom(ZOOM);
    case "-":
      return () => chart.zoom(1 / ZOOM);
    case "Home":
      return () => chart.toEarliest();
    case "End":
      return () => chart.toLatest();
  }
}

export function listenToKeys({ chart, interval, list, pin, remove, step }: KeyHandlers): void {
  addEventListener("keydown", (event) => {
    if (isField(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    const inList = event.target === list;
    // Arrows move where they have no other use: on the chart, and where nothing has the focus.
    const onChart = event.target === document.body || $("chart").contains(event.target as Node);
    const move = onChart || !(inList || key.startsWith("Arrow")) ? chartKey(chart, key) : undefined;
    if (move) {
      event.preventDefault();
      move();
      return;
    }
    if (key === "/") {
      event.preventDefault();
      $("filter").focus();
    } else if (key === "j" || (inList && key === "ArrowDown")) {
      event.preventDefault();
      step(1);
    } else if (key === "k" || (inList && key === "ArrowUp")) {
      event.preventDefault();
      step(-1);
    } else if (inList && (key === "Home" || key === "End")) {
      event.preventDefault();
      step(key === "Home" ? -Infinity : Infinity);
    } else if (key === "p") {
      pin();
    } else if (inList && key === "Delete") {
      remove();
    } else if (/^[1-9]$/.test(key)) {
      const name = ALL_INTERVALS[Number(key) - 1];
      if (name !== undefined) interval(name);
    }
  });
}
