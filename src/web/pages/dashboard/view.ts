import { INTERVALS } from "../../../market/series.ts";
import { SHORTEST } from "./intervals.ts";

/** What is shown: a link that has it in its `#` opens the same. */
export interface View {
  /** Undefined until one is known. */
  symbol: string | undefined;
  interval: string;
}

const KEPT = "finnhub-pipe.view";

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
  try {
    return viewOf(localStorage.getItem(KEPT) ?? "");
  } catch {
    // A browser may keep nothing.
    return addressed;
  }
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
  try {
    localStorage.setItem(KEPT, textOf(view));
  } catch {
    // The address has it.
  }
}
