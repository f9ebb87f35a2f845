import { INTERVALS } from "../../../market/series.ts";
import { SHORTEST } from "./intervals.ts";

/** What is shown: a link that has it in its `#` opens the same. */
export interface View {
  /** Undefined until one is known. */
  symbol: string | undefined;
  interval: string;
}

const KEPT = "finnhub-pipe.view";
const LAYOUT = "finnhub-pipe.layout";

/** What this browser has kept; undefined where it has nothing, or keeps nothing. */
function kept(name: string): string | undefined {
  try {
    return localStorage.getItem(name) ?? undefined;
  } catch {
    return undefined;
  }
}

function keep(name: string, text: string): void {
  try {
    localStorage.setItem(name, text);
  } catch {
    // It is kept for as long as the page is open.
  }
}

const viewOf = (text: string): View => {
  const parameters = new URLSearchParams(text);
  return {
    symbol: parameters.get("symbol") || undefined,
    interval: INTERVALS.find((name) => name === parameters.get("interval")) ?? SHORTEST,
  };
};

const textOf = ({ interval, symbol = "" }: View): string => String(new URLSearchParams({ symbol, interval }));

/** The view of the address. */
export const addressedView = (): View => viewOf(location.hash.slice(1));

/** The view to begin with: that of the address, else the last one of this browser. */
export function firstView(): View {
  const addressed = addressedView();
  if (addressed.symbol !== undefined) return addressed;
  return viewOf(kept(KEPT) ?? "");
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
