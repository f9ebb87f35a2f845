/** Most symbols that one is compared with. */
export const MOST_COMPARED = 4;

/** As a view keeps them: `MSFT,NVDA`. */
export const comparedText = (symbols: readonly string[]): string =>
  symbols.map((symbol) => symbol.replaceAll("%", "%25").replaceAll(",", "%2C")).join(",");

/** What of a text are symbols. */
export function comparedOf(text: string): string[] {
  const symbols = text.split(",").map((part) => part.replaceAll("%2C", ",").replaceAll("%25", "%"));
  return [...new Set(symbols)].filter((symbol) => symbol !== "").slice(0, MOST_COMPARED);
}

/** The closes of a symbol that is compared, as they were at the times of another's candles. */
export class Closes {
  readonly #closes = new Map<number, number>();
  /** Starts, earliest first; sorted when it is asked for. */
  #starts: number[] | undefined;

  /** Takes a newer close of the candle with this start. */
  set(start: number, close: number): void {
    if (!Number.isFinite(close)) return;
    if (!this.#closes.has(start)) this.#starts = undefined;
    this.#closes.set(start, close);
  }

  /** The close of the newest candle that starts at this time or before it; undefined where there is none. */
  at(start: number): number | undefined {
    const starts = this.#starts ??= [...this.#closes.keys()].sort((a, b) => a - b);
    let [low, high] = [0, starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= start) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? undefined : this.#closes.get(starts[low - 1]!);
  }
}
