import { ALL_INTERVALS } from "../../../market/series.ts";
import { keep, kept } from "./kept.ts";
import { SHORTEST } from "./intervals.ts";

/** What is shown: a link that has it in its `#` opens the same. */
export interface View {
  /** Undefined until one is known. */
  symbol: string | undefined;
  interval: string;
  /** As `choiceText` has them. */
  indicators: string;
  /** Time zone: empty for UTC, `local`, or `exchange`. */
  zone: string;
  /** Symbols that are compared, as `comparedText` has them. */
  compare: string;
  /** Scale of prices: empty for linear, `log` or `percent`. */
  scale: string;
}

/** What an address or this browser says of a view; of what it does not say the page keeps its own. */
export type SaidView = Pick<View, "symbol" | "interval"> & Partial<View>;

const KEPT = "finnhub-pipe.view";
/** Longest text of a choice that is read, characters. */
const MAX_CHOICE = 1000;
const LAYOUT = "finnhub-pipe.layout";

/** What is part of a view beside symbol and interval, and stands in its text where it is not empty. */
const CHOICES = ["indicators", "zone", "compare", "scale"] as const;

function viewOf(text: string): SaidView {
  const parameters = new URLSearchParams(text);
  const said = CHOICES.map((name) => [name, parameters.get(name)?.slice(0, MAX_CHOICE)] as const);
  return {
    symbol: parameters.get("symbol") || undefined,
    interval: ALL_INTERVALS.find((name) => name === parameters.get("interval")) ?? SHORTEST,
    ...Object.fromEntries(said.filter(([, value]) => value !== undefined)),
  };
}

function textOf(view: View): string {
  const { interval, symbol = "" } = view;
  const choices = CHOICES.map((name) => [name, view[name]]).filter(([, value]) => value !== "");
  return String(new URLSearchParams([["symbol", symbol], ["interval", interval], ...choices as string[][]]));
}

/** The view of the address. */
export const addressedView = (): SaidView => viewOf(location.hash.slice(1));

/** The view to begin with: that of the address, and what that does not say as this browser had it last. */
export function firstView(): View {
  const [addressed, last] = [addressedView(), viewOf(kept(KEPT) ?? "")];
  return {
    indicators: "",
    zone: "",
    compare: "",
    scale: "",
    ...last,
    ...(addressed.symbol !== undefined && addressed),
  };
}

/**
 * Keeps what is shown, in the address and for the next time.
 *
 * @param step whether Back returns to what was shown before
 */
export function keepView(view: View, step: boolean): void {
  const address = `#${textOf(view)}`;
  if (step) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  keep(KEPT, textOf(view));
}

/** The button that gives the chart the room of the panels beside it; this browser remembers it. */
export function makeWideButton(button: HTMLElement): void {
  function show(wide: boolean): void {
    document.body.dataset.layout = wide ? "wide" : "panels";
    button.setAttribute("aria-pressed", String(wide));
  }
  show(kept(LAYOUT) === "wide");
  button.addEventListener("click", () => {
    const wide = document.body.dataset.layout !== "wide";
    keep(LAYOUT, wide ? "wide" : "panels");
    show(wide);
  });
}
