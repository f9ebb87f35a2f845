import type { SeenTrade } from "../../../market/reader.ts";
import { make, setText } from "../shared/dom.ts";
import { Clock } from "./clock/clock.ts";
import { NO_DIGITS, priceText, type SymbolDigits, volumeText, wayOf } from "./format.ts";

/** Most rows of the tape. */
export const TAPE_ROWS = 40;

/** The tape: the newest trade on top. */
export interface Tape {
  /** Time of the oldest trade that is shown, milliseconds. */
  readonly oldest: number | undefined;
  /** Whether there is no room for older ones. */
  readonly full: boolean;
  clear(): void;
  /** Writes prices and volumes with so many decimals, those that are shown, too. */
  setDigits(digits: SymbolDigits): void;
  /** Writes times as this clock tells them, those that are shown, too. */
  setClock(clock: Clock): void;
  /** Puts newer trades on top; oldest first. */
  add(trades: readonly SeenTrade[]): void;
  /** Puts older trades below; newest first. */
  addOlder(trades: readonly SeenTrade[]): void;
}

/** A trade on the page. */
interface Row {
  trade: SeenTrade;
  line: HTMLTableRowElement;
  time: HTMLElement;
  price: HTMLElement;
  volume: HTMLElement;
}

export function makeTape(body: HTMLElement): Tape {
  /** What is shown, newest first. */
  let shown: Row[] = [];
  let digits = NO_DIGITS;
  let clock = new Clock("UTC");

  function write({ price, time, trade, volume }: Row): void {
    setText(time, clock.time(trade.time));
    const sign = { up: "▲ ", down: "▼ ", flat: "" }[price.dataset.way ?? "flat"] ?? "";
    setText(price, `${sign}${priceText(trade.price, digits)}`);
    setText(volume, volumeText(trade.volume, digits));
  }

  function row(trade: SeenTrade, before: number | undefined): Row {
    const [time, price, volume] = [make("td"), make("td"), make("td")];
    price.dataset.way = wayOf(before, trade.price);
    const codes = make("td", "", trade.conditions.join(", "));
    const line = make("tr", "", time, price, volume, codes);
    // For whoever measures how old a trade is when it is drawn.
    line.dataset.time = String(trade.time);
    const made = { trade, line, time, price, volume };
    write(made);
    return made;
  }

  return {
    get oldest() {
      return shown.at(-1)?.trade.time;
    },
    get full() {
      return shown.length >= TAPE_ROWS;
    },
    clear() {
      body.replaceChildren();
      shown = [];
    },
    setDigits(wanted) {
      if (wanted.price === digits.price && wanted.volume === digits.volume) return;
      digits = wanted;
      shown.forEach(write);
    },
    setClock(wanted) {
      clock = wanted;
      shown.forEach(write);
    },
    add(trades) {
      const fresh = trades.slice(-TAPE_ROWS);
      const before = shown[0]?.trade.price;
      const rows = fresh.map((trade, i) => row(trade, i === 0 ? before : fresh[i - 1]?.price)).reverse();
      body.prepend(...rows.map(({ line }) => line));
      shown = [...rows, ...shown].slice(0, TAPE_ROWS);
      while (body.children.length > shown.length) body.lastElementChild?.remove();
    },
    addOlder(trades) {
      const older = trades.slice(0, TAPE_ROWS - shown.length)
        .map((trade, i) => row(trade, trades[i + 1]?.price));
      body.append(...older.map(({ line }) => line));
      shown.push(...older);
    },
  };
}
