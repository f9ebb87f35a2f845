import type { WatchRow } from "../../dashboard/wire.ts";
import { make, setText, svg } from "../shared/dom.ts";
import { changeText, numberText, shortText, sparkPoints } from "./format.ts";

/** Milliseconds without a trade after which a symbol's rate counts as nought. */
const QUIET = 10_000;

/** The watch-list: one row a symbol, in alphabetical order. */
export interface WatchList {
  /** How many symbols it has. */
  readonly size: number;
  /** Every symbol that it has. */
  symbols(): string[];
  /** What was last said of a symbol. */
  row(symbol: string): WatchRow | undefined;
  /** Takes rows that changed. */
  update(changed: readonly WatchRow[]): void;
  /** Brings the rates up to date, which fall without a trade. */
  refresh(): void;
  /** Marks the symbol that is shown. */
  mark(symbol: string): void;
  /** Shows those symbols alone whose name has this text. */
  filter(text: string): void;
  /** The symbol some rows further, among those that are shown. */
  step(by: number): string | undefined;
  /** The first of those that are shown. */
  first(): string | undefined;
}

/** A row on the page. */
interface Line {
  item: HTMLLIElement;
  spark: SVGPolylineElement;
  price: HTMLElement;
  more: HTMLElement;
  change: HTMLElement;
  data: WatchRow;
  /** When `data` came, by `performance.now()`. */
  at: number;
}

/** @param choose is called with a symbol that is clicked on */
export function makeWatchList(list: HTMLElement, choose: (symbol: string) => void): WatchList {
  const lines = new Map<string, Line>();
  let chosen = "";
  let wanted = "";

  function add(data: WatchRow): Line {
    const { symbol } = data;
    const item = make("li", "row");
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.id = `row-${lines.size}`;
    const colon = symbol.indexOf(":");
    const name = make("span", "name", symbol.slice(colon + 1));
    name.title = symbol;
    if (colon > 0) name.append(" ", make("span", "venue", symbol.slice(0, colon)));
    const spark = svg("polyline", { class: "spark" });
    const drawing = { viewBox: "0 0 66 30", preserveAspectRatio: "none", "aria-hidden": "true" };
    const [price, more, change] = [make("span", "last"), make("span", "more"), make("span", "change")];
    item.append(name, svg("svg", drawing, spark), price, more, change);
    item.dataset.symbol = symbol;
    item.addEventListener("click", () => choose(symbol));
    list.insertBefore(item, after(symbol) ?? null);
    item.hidden = !symbol.toLowerCase().includes(wanted);
    const line = { item, spark, price, more, change, data, at: 0 };
    lines.set(symbol, line);
    return line;
  }

  /** The row below a symbol's. */
  function after(symbol: string): HTMLElement | undefined {
    let next: string | undefined;
    for (const other of lines.keys()) {
      if (other > symbol && !(next !== undefined && next < other)) next = other;
    }
    return next === undefined ? undefined : lines.get(next)?.item;
  }

  const visible = () => [...lines].filter(([, { item }]) => !item.hidden).map(([symbol]) => symbol).sort();

  function refresh() {
    for (const { at, data, more } of lines.values()) {
      const rate = performance.now() - at > QUIET ? 0 : data.rate;
      setText(more, `${shortText(data.volume)} · ${numberText(rate, 1)}/s`);
    }
  }

  return {
    get size() {
      return lines.size;
    },
    symbols: () => [...lines.keys()],
    row: (symbol) => lines.get(symbol)?.data,
    update(changed) {
      for (const row of changed) {
        const line = lines.get(row.symbol) ?? add(row);
        line.data = row;
        line.at = performance.now();
        setText(line.price, numberText(row.price, row.digits));
        const [text, way] = changeText(row.change);
        setText(line.change, text);
        line.item.dataset.way = way;
        line.spark.setAttribute("points", sparkPoints([...row.spark, row.price]));
      }
      refresh();
    },
    refresh,
    mark(symbol) {
      lines.get(chosen)?.item.setAttribute("aria-selected", "false");
      chosen = symbol;
      const item = lines.get(symbol)?.item;
      if (!item) return;
      item.setAttribute("aria-selected", "true");
      list.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    },
    filter(text) {
      wanted = text.trim().toLowerCase();
      for (const [symbol, { item }] of lines) item.hidden = !symbol.toLowerCase().includes(wanted);
    },
    step(by) {
      const shown = visible();
      const at = shown.indexOf(chosen);
      return at < 0 ? shown[0] : shown[Math.min(shown.length - 1, Math.max(0, at + by))];
    },
    first: () => visible()[0],
  };
}
