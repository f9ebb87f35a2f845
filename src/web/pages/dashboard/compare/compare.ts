import { lengthOf } from "../../../../market/series.ts";
import type { WatchRow } from "../../../dashboard/wire.ts";
import { $, make, setText } from "../../shared/dom.ts";
import type { CandleChart } from "../chart/chart.ts";
import { candlesBetween } from "../chart/history.ts";
import { placePopup } from "../controls/popup.ts";
import { changeText } from "../format.ts";
import { comparedOf, comparedText, MOST_COMPARED } from "./closes.ts";
import { comparedColour, makeCompareLayer } from "./layer.ts";

/** Other symbols in the chart of one. */
export interface Comparison {
  /** Those that are chosen, as a view keeps them. */
  readonly text: string;
  /** Chooses what a view has. */
  choose(text: string): void;
  /** Takes the symbol and interval that are shown from now on. */
  setShown(symbol: string, interval: string): void;
  /** Takes prices that changed. */
  update(rows: readonly WatchRow[]): void;
  /** Shows the values at a candle's start, milliseconds, or the newest. */
  show(start: number | undefined): void;
}

export interface ComparisonOptions {
  chart: CandleChart;
  /** Every symbol that can be compared. */
  symbols(): string[];
  /** Called when somebody has chosen others. */
  changed(): void;
}

/** Milliseconds after which what was traded is stored. */
const STORED_AFTER = 2500;

/** Compares up to four symbols with the one that is shown, in percent of the first candle in sight. */
export function makeComparison({ changed, chart, symbols }: ComparisonOptions): Comparison {
  const [list, legend] = [$("compare-list"), $("compare-legend")];
  const select = $("compare-symbol", HTMLSelectElement);
  let [symbol, interval] = ["", ""];
  let chosen: string[] = [];
  let places: HTMLElement[] = [];
  /** Up to where closes were asked for, milliseconds, by symbol; another one with each chart. */
  let asked = new Map<string, number>();
  /** Start of the newest candle that is told live, by symbol. */
  let live = new Map<string, number>();
  /** Up to where closes were told by the server. */
  let fresh = 0;
  let refreshing: number | undefined;
  const layer = chart.add((canvas) => makeCompareLayer(canvas, load, refreshSoon));

  const others = () => chosen.filter((each) => each !== symbol);
  const lengthMs = () => lengthOf(interval);

  async function load(of: string, from: number): Promise<void> {
    const [own, to] = [asked, asked.get(of)];
    if (to !== undefined && to <= from) return;
    own.set(of, from);
    if (to === undefined) fresh = Math.max(fresh, chart.last?.start ?? 0);
    try {
      // One candle more: the first that is drawn may have had none of its own.
      const candles = await candlesBetween(of, interval, from - lengthMs(), to);
      if (asked === own) layer.take(of, candles.map(({ close, start }) => [start, close]));
    } catch {
      // It is asked for again when the chart is drawn again.
      if (to === undefined) own.delete(of);
      else own.set(of, to);
    }
  }

  /** Prices come live as they are now and then: the last one of a candle is what the server says when it has stored it. */
  function refreshSoon(): void {
    if (others().length > 0) refreshing ??= setTimeout(refresh, STORED_AFTER);
  }

  async function refresh(): Promise<void> {
    refreshing = undefined;
    const [own, from] = [asked, fresh - 2 * lengthMs()];
    fresh = chart.last?.start ?? fresh;
    for (const of of others()) {
      const candles = await candlesBetween(of, interval, from).catch(() => []);
      if (asked !== own) return;
      const over = candles.filter(({ start }) => start < (live.get(of) ?? Infinity));
      layer.take(of, over.map(({ close, start }) => [start, close]));
    }
  }

  function render(): void {
    list.replaceChildren(...chosen.map((each) => {
      const remove = make("button", "plain", "✕");
      remove.type = "button";
      remove.setAttribute("aria-label", `Remove ${each}`);
      remove.addEventListener("click", () => take(chosen.filter((other) => other !== each), true));
      return make("li", "", make("span", "title", each), remove);
    }));
    const free = symbols().filter((each) => each !== symbol && !chosen.includes(each)).sort();
    select.replaceChildren(new Option("Add a symbol …", ""), ...free.map((each) => new Option(each)));
    select.disabled = chosen.length >= MOST_COMPARED;
    places = [];
    legend.replaceChildren(
      ...others().map((each, number) => {
        const name = make("dt", "", make("span", "swatch"), each);
        name.style.setProperty("--key", `var(${comparedColour(number)})`);
        places.push(make("dd", "change"));
        return make("div", "", name, places.at(-1)!);
      }),
    );
    legend.hidden = places.length === 0;
  }

  function take(wanted: string[], byHand: boolean): void {
    chosen = wanted;
    for (const each of asked.keys()) if (!chosen.includes(each)) asked.delete(each);
    layer.choose(others());
    chart.compare(others().length > 0);
    render();
    if (byHand) changed();
  }

  select.addEventListener("change", () => {
    if (select.value !== "") take([...chosen, select.value], true);
  });
  $("compare-menu").addEventListener("beforetoggle", render);
  placePopup($("compare"), $("compare-menu"));

  return {
    get text() {
      return comparedText(chosen);
    },
    choose(text) {
      if (text !== comparedText(chosen)) take(comparedOf(text), false);
    },
    setShown(nextSymbol, nextInterval) {
      [asked, live, fresh] = [new Map(), new Map(), 0];
      const before = others().join();
      [symbol, interval] = [nextSymbol, nextInterval];
      if (others().join() !== before) take(chosen, false);
    },
    update(rows) {
      for (const { price, symbol: of, time } of rows) {
        if (!asked.has(of)) continue;
        const start = Math.floor(time / lengthMs()) * lengthMs();
        live.set(of, start);
        layer.take(of, [[start, price]]);
      }
    },
    show(start) {
      layer.at(start).forEach(({ change }, number) => {
        const place = places[number];
        if (!place) return;
        const [text, way] = changeText(change);
        setText(place, text || "–");
        place.dataset.way = way;
      });
    },
  };
}
