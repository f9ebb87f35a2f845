import { $ } from "../../shared/dom.ts";
import type { WatchList } from "./watch_list.ts";

/** What is done with the symbol that is shown, as one of the list. */
export interface OwnButtons {
  /** Puts it before all others, or back in its place. */
  pin(): void;
  /** Takes it out of the list, and shows the next one. */
  remove(): void;
  /** Shows whether it is pinned. */
  mark(): void;
}

export interface OwnButtonsOptions {
  watch: WatchList;
  /** The symbol that is shown. */
  shown(): string | undefined;
  choose(symbol: string | undefined): void;
}

export function makeOwnButtons({ choose, shown, watch }: OwnButtonsOptions): OwnButtons {
  function mark(): void {
    const symbol = shown();
    $("pin").setAttribute("aria-pressed", String(symbol !== undefined && watch.isPinned(symbol)));
  }

  function pin(): void {
    const symbol = shown();
    if (symbol !== undefined) watch.pin(symbol);
    mark();
  }

  function remove(): void {
    const symbol = shown();
    if (symbol === undefined) return;
    // The last one of the list has one before it.
    const next = [watch.step(1), watch.step(-1)].find((each) => each !== symbol);
    watch.remove(symbol);
    choose(next);
  }

  $("pin").addEventListener("click", pin);
  $("remove").addEventListener("click", remove);
  return { pin, remove, mark };
}
