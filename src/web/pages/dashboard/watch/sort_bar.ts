import { make, setText } from "../../shared/dom.ts";
import type { Arrangement, Column } from "./order.ts";

const TITLES: Record<Column, [title: string, note: string]> = {
  symbol: ["Symbol", "the symbol"],
  volume: ["Volume", "the volume of the last 24 hours"],
  rate: ["Trades/s", "trades a second"],
  price: ["Price", "the last price"],
  change: ["Change", "the change since the first price of the last 24 hours"],
};

/** The buttons by which the list is sorted. */
export interface SortBar {
  mark(arrangement: Arrangement): void;
}

/** @param choose is called with the column of a button that is pressed */
export function makeSortBar(element: HTMLElement, choose: (by: Column) => void): SortBar {
  const buttons = new Map((Object.keys(TITLES) as Column[]).map((by) => {
    const button = make("button");
    button.type = "button";
    button.title = `Sort by ${TITLES[by][1]}`;
    button.addEventListener("click", () => choose(by));
    return [by, button];
  }));
  element.append(...buttons.values());
  return {
    mark({ by, down }) {
      for (const [column, button] of buttons) {
        const [title] = TITLES[column];
        setText(button, column === by ? `${title} ${down ? "▼" : "▲"}` : title);
        button.setAttribute("aria-pressed", String(column === by));
      }
    },
  };
}
