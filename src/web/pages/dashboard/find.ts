import { type FoundSymbol, MAX_QUERY } from "../../dashboard/wire.ts";
import { $, make, setText } from "../shared/dom.ts";
import { addSymbol, ask } from "./ask.ts";
import type { WatchList } from "./watch/watch_list.ts";

/** The filter of the watch-list, and the search below it. */
export interface Finder {
  /** Asks whether symbols can be added here. */
  ready(): Promise<void>;
}

export interface FinderOptions {
  watch: Pick<WatchList, "filter" | "first">;
  choose(symbol: string): void;
}

const messageOf = (error: unknown) => error instanceof Error ? error.message : String(error);

/** Filters the watch-list; searches for symbols and adds them, where the server offers that, for what is in the filter. */
export function makeFinder({ choose, watch }: FinderOptions): Finder {
  const filter = $("filter", HTMLInputElement);
  const [box, button, note, list] = [$("find"), $("find-button"), $("find-note"), $("found")];
  let offered = false;
  let query = "";
  let asking: AbortController | undefined;

  async function search() {
    const own = asking = new AbortController();
    list.replaceChildren();
    setText(note, "searching …");
    try {
      const { matches } = await ask("search", { q: query }, own.signal);
      if (asking !== own) return;
      setText(note, matches.length === 0 ? "nothing found" : "");
      list.replaceChildren(...matches.map(choice));
    } catch (error) {
      if (asking === own) setText(note, messageOf(error));
    }
  }

  function choice({ description, symbol }: FoundSymbol) {
    const add = make("button", "", `+ ${symbol}`);
    add.type = "button";
    add.setAttribute("aria-label", `Add ${symbol}`);
    add.addEventListener("click", () => follow(symbol));
    return make("li", "", add, ` ${description}`);
  }

  async function follow(symbol: string) {
    try {
      await addSymbol(symbol);
      clear();
      list.replaceChildren();
      setText(note, `${symbol} is followed; it appears with its first trade`);
    } catch (error) {
      setText(note, messageOf(error));
    }
  }

  function show(text: string) {
    watch.filter(text);
    query = text.trim().slice(0, MAX_QUERY);
    asking?.abort();
    asking = undefined;
    list.replaceChildren();
    setText(note, "");
    box.hidden = !offered || query === "";
    setText(button, `Search the feed for “${query}”`);
  }

  function clear() {
    filter.value = "";
    watch.filter("");
    $("watch").focus();
  }

  button.addEventListener("click", search);
  filter.maxLength = MAX_QUERY;
  filter.addEventListener("input", () => show(filter.value));
  filter.addEventListener("keydown", ({ key }) => {
    if (key === "Enter") {
      const first = watch.first();
      if (first !== undefined) choose(first);
      else if (!box.hidden) search();
    }
    if (key === "Escape") {
      clear();
      show("");
    }
  });

  return {
    async ready() {
      offered = (await ask("symbols")).canAdd;
    },
  };
}
