import type { SeenTrade } from "../../../market/reader.ts";
import { make } from "../shared/dom.ts";
import { priceText, timeText, volumeText, wayOf } from "./format.ts";

/** Most rows of the tape. */
export const TAPE_ROWS = 40;

/** The tape: the newest trade on top. */
export interface Tape {
  /** Time of the oldest trade that is shown, milliseconds. */
  readonly oldest: number | undefined;
  clear(): void;
  /** Puts newer trades on top; oldest first. */
  add(trades: readonly SeenTrade[]): void;
  /** Puts older trades below; newest first. */
  addOlder(trades: readonly SeenTrade[]): void;
}

export function makeTape(body: HTMLElement): Tape {
  /** What is shown, newest first. */
  let shown: SeenTrade[] = [];

  function row(trade: SeenTrade, before: number | undefined) {
    const way = wayOf(before, trade.price);
    const price = make("td", "", `${{ up: "▲ ", down: "▼ ", flat: "" }[way]}${priceText(trade.price)}`);
    price.dataset.way = way;
    const line = make(
      "tr",
      "",
      make("td", "", timeText(trade.time)),
      price,
      make("td", "", volumeText(trade.volume)),
      make("td", "", trade.conditions.join(", ")),
    );
    // For whoever measures how old a trade is when it is drawn.
    line.dataset.time = String(trade.time);
    return line;
  }

  return {
    get oldest() {
      return shown.at(-1)?.time;
    },
    clear() {
      body.replaceChildren();
      shown = [];
    },
    add(trades) {
      const fresh = trades.slice(-TAPE_ROWS);
      const before = shown[0]?.price;
      const rows = fresh.map((trade, i) => row(trade, i === 0 ? before : fresh[i - 1]?.price));
      body.prepend(...rows.reverse());
      shown = [...fresh.toReversed(), ...shown].slice(0, TAPE_ROWS);
      while (body.children.length > shown.length) body.lastElementChild?.remove();
    },
    addOlder(trades) {
      const older = trades.slice(0, TAPE_ROWS - shown.length);
      body.append(...older.map((trade, i) => row(trade, trades[i + 1]?.price)));
      shown.push(...older);
    },
  };
}
