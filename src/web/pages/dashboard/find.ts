import { type FoundSymbol, MAX_QUERY } from "../../dashboard/wire.ts";
import { $, make, setText } from "../shared/dom.ts";
import { addSymbol, ask } from "./ask.ts";

/** The search below the watch-list. */
export interface Finder {
  /** Asks whether symbols can be added here. */
  ready(): Promise<void>;
  /** Takes what is in the filter. */
  show(text: string): void;
  /** Searches for it, where that is offered. */
  search(): void;
}

const messageOf = (error: unknown) => error instanceof Error ? error.message : String(error);

/**
 * Searches for symbols and adds them, where the server offers that: below the watch-list, for what is in its filter.
 *
 * @param added called with a symbol that is followed from now on
 */
export function makeFinder(added: (symbol: string) => void): Finder {
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
      added(symbol);
      list.replaceChildren();
      setText(note, `${symbol} is followed; it appears with its first trade`);
    } catch (error) {
      setText(note, messageOf(error));
    }
  }

  button.addEventListener("click", search);

  return {
    async ready() {
      offered = (await ask("symbols")).canAdd;
    },
    show(text) {
      query = text.trim().slice(0, MAX_QUERY);
      asking?.abort();
      asking = undefined;
      list.replaceChildren();
      setText(note, "");
      box.hidden = !offered || query === "";
      setText(button, `Search the feed for “${query}”`);
    },
    search() {
      if (!box.hidden) search();
    },
  };
}
