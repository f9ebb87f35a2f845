import type { WatchRow } from "../../../dashboard/wire.ts";
import { $, make, setText, svg } from "../../shared/dom.ts";
import { changeText, numberText, shortText, sparkPoints } from "../format.ts";
import { keep, kept } from "../kept.ts";
import { arrangementOf, inOrder, sortedBy, toggled } from "./order.ts";
import { makeSortBar } from "./sort_bar.ts";

/** Milliseconds without a trade after which a symbol's rate counts as nought. */
const QUIET = 10_000;

const ARRANGED = "finnhub-pipe.watch-list";
/** Milliseconds between two times that rows change places by themselves: rows that jump are not to be clicked on. */
const SORTED = 5_000;

/** The watch-list: one row a symbol, sorted by what is chosen. */
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
  /** Puts a symbol before all others, or back in its place. */
  pin(symbol: string): void;
  isPinned(symbol: string): boolean;
  /** Shows a symbol no more, until removed ones are brought back. */
  remove(symbol: string): void;
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
  let arranged = arrangementOf(kept(ARRANGED) ?? "");
  let order: string[] = [];
  let sortedAt = 0;
  const bar = makeSortBar($("watch-sort"), (by) => arrange(sortedBy(arranged, by)));

  function arrange(next: typeof arranged): void {
    arranged = next;
    keep(ARRANGED, JSON.stringify(arranged));
    sort();
    show();
  }

  /** Puts the rows in order. */
  function sort(): void {
    sortedAt = performance.now();
    const next = inOrder(
      [...lines.values()].map(({ at, data }) => ({ ...data, rate: rateOf(at, data) })),
      arranged,
    );
    if (next.join("\n") !== order.join("\n")) list.append(...next.map((symbol) => lines.get(symbol)!.item));
    order = next;
    bar.mark(arranged);
  }

  /** Shows the rows that are wanted, and says why there are none. */
  function show(): void {
    const removed = new Set(arranged.removed);
    const pinned = new Set(arranged.pinned);
    for (const [symbol, { item }] of lines) {
      item.hidden = removed.has(symbol) || !symbol.toLowerCase().includes(wanted);
      item.dataset.pinned = String(pinned.has(symbol));
    }
    const gone = [...lines.keys()].filter((symbol) => removed.has(symbol)).length;
    const none = lines.size === 0
      ? "Waiting for the first trade."
      : wanted !== "" && gone < lines.size
      ? `No symbol here has “${wanted}” in its name.`
      : "Every symbol is removed.";
    setText($("watch-empty"), none);
    $("watch-empty").hidden = visible().length > 0;
    if (lines.size > 0) $("watch").removeAttribute("data-waiting");
    setText($("watch-back"), `Bring back ${gone} removed`);
    $("watch-back").hidden = gone === 0;
  }

  const rateOf = (at: number, { rate }: WatchRow) => performance.now() - at > QUIET ? 0 : rate;

  function add(data: WatchRow): Line {
    const { symbol } = data;
    const item = make("li", "row");
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.id = `row-${lines.size}`;
    const colon = symbol.indexOf(":");
    const name = make("span", "name", make("span", "ticker", symbol.slice(colon + 1)));
    name.title = symbol;
    if (colon > 0) name.append(make("span", "venue", symbol.slice(0, colon)));
    const spark = svg("polyline", { class: "spark" });
    const drawing = { viewBox: "0 0 66 30", preserveAspectRatio: "none", "aria-hidden": "true" };
    const [price, more, change] = [make("span", "last"), make("span", "more"), make("span", "change")];
    item.append(name, svg("svg", drawing, spark), price, more, change);
    item.dataset.symbol = symbol;
    item.addEventListener("click", () => choose(symbol));
    const line = { item, spark, price, more, change, data, at: 0 };
    lines.set(symbol, line);
    return line;
  }

  const visible = () => order.filter((symbol) => !lines.get(symbol)!.item.hidden);

  function refresh() {
    for (const { at, data, more } of lines.values()) {
      setText(more, `${shortText(data.volume)} · ${numberText(rateOf(at, data), 1)}/s`);
    }
    if (arranged.by !== "symbol" && performance.now() - sortedAt > SORTED && !list.matches(":hover")) sort();
  }

  bar.mark(arranged);
  $("watch-back").addEventListener("click", () => arrange({ ...arranged, removed: [] }));

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
      if (lines.size > order.length) {
        sort();
        show();
      }
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
      show();
    },
    step(by) {
      const shown = visible();
      const at = shown.indexOf(chosen);
      return at < 0 ? shown[0] : shown[Math.min(shown.length - 1, Math.max(0, at + by))];
    },
    first: () => visible()[0],
    pin: (symbol) => arrange({ ...arranged, pinned: toggled(arranged.pinned, symbol) }),
    isPinned: (symbol) => arranged.pinned.includes(symbol),
    remove: (symbol) => arrange({ ...arranged, removed: [...new Set([...arranged.removed, symbol])] }),
  };
}
