import { decimals } from "./chart.js";

export const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
/** Rows of the tape. */
const TAPE = 40;
/** Milliseconds without a trade after which a symbol's rate counts as nought. */
const QUIET = 10_000;

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** An element with a class and text; text is always set as text. */
function make(tag, className, text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}

const formats = new Map();
function number(value, digits) {
  let format = formats.get(digits);
  if (!format) {
    formats.set(
      digits,
      format = new Intl.NumberFormat("en-GB", {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      }),
    );
  }
  return format.format(value);
}
const compact = new Intl.NumberFormat("en-GB", { notation: "compact", maximumSignificantDigits: 4 });

export const priceText = (price) => price === undefined ? "–" : number(price, decimals(price));
export function volumeText(volume) {
  if (volume === undefined) return "–";
  return volume >= 10_000 ? compact.format(volume) : String(Number(volume.toFixed(volume >= 100 ? 2 : 4)));
}
export const timeText = (time) => new Date(time).toISOString().slice(11, 19);
export const dateText = (time) => new Date(time).toISOString().slice(0, 19).replace("T", " ");

/** A sign and a direction: colour alone tells nobody. */
function changeText(change) {
  if (change === undefined) return ["", "flat"];
  const way = change > 0.000_05 ? "up" : change < -0.000_05 ? "down" : "flat";
  return [`${{ up: "▲", down: "▼", flat: "◆" }[way]} ${number(Math.abs(change) * 100, 2)} %`, way];
}

/** Shows a symbol's price and change in the headline. */
export function headline(row) {
  setText($("price"), priceText(row.price));
  const [text, way] = changeText(row.change);
  setText($("change"), text);
  $("change").dataset.way = way;
  $("change").title = "since the first price of the last 24 hours";
}

function sparkline(polyline, points) {
  if (points.length < 2) return polyline.setAttribute("points", "");
  const low = Math.min(...points);
  const span = Math.max(...points) - low || 1;
  polyline.setAttribute(
    "points",
    points.map((p, i) =>
      `${(i / (points.length - 1) * 66).toFixed(1)},${(28 - (p - low) / span * 26).toFixed(1)}`
    ).join(" "),
  );
}

/** The watch-list: one row a symbol, in alphabetical order. */
export function makeWatchList(list, choose) {
  const rows = new Map();
  let chosen;
  let wanted = "";

  function add(symbol) {
    const item = make("li", "row");
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.id = `row-${rows.size}`;
    const colon = symbol.indexOf(":");
    const name = make("span", "name", symbol.slice(colon + 1));
    name.title = symbol;
    if (colon > 0) name.append(" ", make("span", "venue", symbol.slice(0, colon)));
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 66 30");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    const line = document.createElementNS(SVG, "polyline");
    line.setAttribute("class", "spark");
    svg.append(line);
    const parts = {
      item,
      line,
      price: make("span", "last"),
      more: make("span", "more"),
      change: make("span", "change"),
      data: undefined,
      at: 0,
    };
    item.append(name, svg, parts.price, parts.more, parts.change);
    item.dataset.symbol = symbol;
    item.addEventListener("click", () => choose(symbol));
    const after = [...list.children].find((other) => other.dataset.symbol > symbol);
    list.insertBefore(item, after ?? null);
    item.hidden = !symbol.toLowerCase().includes(wanted);
    rows.set(symbol, parts);
    return parts;
  }

  const visible = () => [...list.children].filter((item) => !item.hidden).map((item) => item.dataset.symbol);

  return {
    get symbols() {
      return [...rows.keys()].sort();
    },
    row: (symbol) => rows.get(symbol)?.data,
    /** Takes rows that changed. */
    update(changed) {
      for (const row of changed) {
        const parts = rows.get(row.symbol) ?? add(row.symbol);
        parts.data = row;
        parts.at = performance.now();
        setText(parts.price, priceText(row.price));
        const [text, way] = changeText(row.change);
        setText(parts.change, text);
        parts.item.dataset.way = way;
        sparkline(parts.line, [...row.spark, row.price]);
      }
      this.refresh();
    },
    /** Brings the rates up to date, which fall without a trade. */
    refresh() {
      for (const { at, data, more } of rows.values()) {
        const rate = performance.now() - at > QUIET ? 0 : data.rate;
        setText(more, `${volumeText(data.volume)} · ${number(rate, 1)}/s`);
      }
    },
    mark(symbol) {
      rows.get(chosen)?.item.setAttribute("aria-selected", "false");
      chosen = symbol;
      const item = rows.get(symbol)?.item;
      if (!item) return;
      item.setAttribute("aria-selected", "true");
      list.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    },
    filter(text) {
      wanted = text.trim().toLowerCase();
      for (const [symbol, { item }] of rows) item.hidden = !symbol.toLowerCase().includes(wanted);
    },
    /** The symbol some rows further, among those that are shown. */
    step(by) {
      const shown = visible();
      const at = shown.indexOf(chosen);
      return at < 0 ? shown[0] : shown[Math.min(shown.length - 1, Math.max(0, at + by))];
    },
    first: () => visible()[0],
  };
}

/** The tape: the newest trade on top. */
export function makeTape(body) {
  let last;
  function row(trade, before) {
    const line = document.createElement("tr");
    const way = before === undefined || trade.price === before
      ? "flat"
      : trade.price > before
      ? "up"
      : "down";
    const price = make("td", "", `${{ up: "▲ ", down: "▼ ", flat: "" }[way]}${priceText(trade.price)}`);
    price.dataset.way = way;
    line.append(
      make("td", "", timeText(trade.time)),
      price,
      make("td", "", volumeText(trade.volume)),
      make("td", "", trade.conditions.join(", ")),
    );
    line.dataset.time = trade.time;
    return line;
  }
  return {
    clear() {
      body.replaceChildren();
      last = undefined;
    },
    get size() {
      return body.children.length;
    },
    /** Puts newer trades on top; oldest first. */
    add(trades) {
      const fresh = trades.slice(-TAPE);
      const lines = fresh.map((trade, i) => row(trade, i === 0 ? last : fresh[i - 1].price));
      if (lines.length === 0) return;
      last = fresh.at(-1).price;
      body.prepend(...lines.reverse());
      while (body.children.length > TAPE) body.lastChild.remove();
    },
    /** Puts older trades below; newest first. */
    addOlder(trades) {
      const room = Math.max(0, TAPE - body.children.length);
      body.append(...trades.slice(0, room).map((trade, i) => row(trade, trades[i + 1]?.price)));
      last ??= trades[0]?.price;
    },
  };
}

function seconds(ms) {
  return ms === undefined || ms === 0
    ? "–"
    : ms === null || ms === Infinity
    ? "over 60 s"
    : ms < 1000
    ? `${number(ms, 0)} ms`
    : `${number(ms / 1000, 1)} s`;
}

/** The pipeline's numbers, once a second. */
export function makePipelinePanel() {
  const history = [];
  const show = (id, text, good = true) => {
    setText($(id), text);
    $(id).dataset.good = good;
  };
  return {
    reset: () => history.splice(0),
    update({ connected, deadLetters, gapSeconds, lag, latency, trades }) {
      history.push({ at: performance.now(), trades });
      if (history.length > 6) history.shift();
      const first = history[0];
      const passed = performance.now() - first.at;
      show("rate", passed < 500 ? "–" : number((trades - first.trades) / passed * 1000, 0));
      setText($("latency-name"), `Feed to ${latency?.to ?? "stored"}`);
      show("p50", seconds(latency?.p50));
      show("p99", seconds(latency?.p99), !(latency?.p99 > 5000));
      show("lag", lag === undefined ? "–" : number(lag, 0), !(lag > 1000));
      show(
        "gaps",
        connected === false
          ? "not connected"
          : gapSeconds === undefined
          ? "–"
          : gapSeconds === 0
          ? "none"
          : `${number(gapSeconds, 0)} s`,
        connected !== false,
      );
      show("dead", deadLetters === undefined ? "–" : number(deadLetters, 0), !(deadLetters > 0));
    },
  };
}
