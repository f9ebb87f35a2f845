import { $, setText } from "./panels.js";

/** Characters of a symbol search, as the server takes them. */
const MAX_QUERY = 64;

/**
 * Searches for symbols and adds them, where the server offers that: below the watch-list, for what is in its filter.
 *
 * @param added called with a symbol that is followed from now on
 */
export function makeFinder(added) {
  const [box, button, note, list] = [$("find"), $("find-button"), $("find-note"), $("found")];
  let offered = false;
  let query = "";
  let asking;

  /** The answer as JSON; throws what the server says against it. */
  async function ask(path, options) {
    const response = await fetch(path, options);
    const body = await response.json();
    if (!response.ok) throw new Error(body.error);
    return body;
  }

  async function search() {
    const own = asking = new AbortController();
    list.replaceChildren();
    setText(note, "searching …");
    try {
      const { matches } = await ask(`api/search?${new URLSearchParams({ q: query })}`, {
        signal: own.signal,
      });
      if (asking !== own) return;
      setText(note, matches.length === 0 ? "nothing found" : "");
      list.replaceChildren(...matches.map(choice));
    } catch (error) {
      if (asking === own) setText(note, error.message);
    }
  }

  function choice({ description, symbol }) {
    const item = document.createElement("li");
    const add = document.createElement("button");
    add.type = "button";
    add.textContent = `+ ${symbol}`;
    add.setAttribute("aria-label", `Add ${symbol}`);
    add.addEventListener("click", () => follow(symbol));
    item.append(add, ` ${description}`);
    return item;
  }

  async function follow(symbol) {
    try {
      await ask("api/symbols", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ symbol }),
      });
      added(symbol);
      list.replaceChildren();
      setText(note, `${symbol} is followed; it appears with its first trade`);
    } catch (error) {
      setText(note, error.message);
    }
  }

  button.addEventListener("click", search);

  return {
    /** Asks whether symbols can be added here. */
    async ready() {
      offered = (await ask("api/symbols")).canAdd;
    },
    /** Takes what is in the filter. */
    show(text) {
      query = text.trim().slice(0, MAX_QUERY);
      asking?.abort();
      asking = undefined;
      list.replaceChildren();
      setText(note, "");
      box.hidden = !offered || query === "";
      setText(button, `Search the feed for “${query}”`);
    },
    /** Searches for it, where that is offered. */
    search() {
      if (!box.hidden) search();
    },
  };
}
