import { makeChart } from "./chart.js";
import { makeFinder } from "./find.js";
import {
  $,
  dateText,
  headline,
  makePipelinePanel,
  makeTape,
  makeWatchList,
  priceText,
  setText,
  volumeText,
} from "./panels.js";

const INTERVALS = ["5s", "15s", "1m", "5m", "1h"];
/** Candles that are asked for at once. */
const PAGE = 400;
/** Milliseconds without an event after which the connection counts as lost: one comes every second. */
const SILENCE = 6_000;
/** Milliseconds for which the page says that trades passed by. */
const MISSED_SHOWN = 4_000;
/** Milliseconds before another attempt when the browser has given up. */
const RETRY = 2_000;

const parameters = new URLSearchParams(location.hash.slice(1));
let symbol = parameters.get("symbol") ?? undefined;
let interval = INTERVALS.includes(parameters.get("interval")) ? parameters.get("interval") : "5s";
let source;
let heard = 0;
let started;
let hovered;
let loading;
let waiting = [];
let noEarlier = false;
let missedAt = 0;

const watch = makeWatchList($("watch"), choose);
const finder = makeFinder(() => clearFilter());
const tape = makeTape($("tape"));
const panel = makePipelinePanel();
const chart = makeChart($("chart"), (candle) => {
  hovered = candle;
  legend();
}, earlier);

async function ask(path, query) {
  const response = await fetch(`api/${path}?${new URLSearchParams(query)}`);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return await response.json();
}

function legend() {
  const candle = hovered ?? chart.last;
  if (!candle) return;
  for (const name of ["open", "high", "low", "close", "vwap"]) setText($(name), priceText(candle[name]));
  setText($("volume"), volumeText(candle.volume));
  setText($("trades"), String(candle.trades));
  setText($("candle-time"), `${interval} from ${dateText(candle.start)}`);
}

/** Loads what was before the stream, then takes what came meanwhile: the page has no gap after a lost connection either. */
async function load() {
  const own = loading = {};
  waiting = [];
  noEarlier = false;
  try {
    const [{ candles }, averages] = await Promise.all([
      ask("candles", { symbol, interval, limit: PAGE }),
      interval === "5s" ? ask("averages", { symbol, limit: PAGE }) : { averages: [] },
    ]);
    if (loading !== own) return;
    hovered = undefined;
    chart.show(candles);
    chart.showAverages(averages.averages);
    loading = undefined;
    for (const each of waiting) take(each);
    legend();
    const oldest = $("tape").lastChild?.dataset.time;
    const { trades } = await ask("trades", {
      symbol,
      limit: 40,
      ...(oldest === undefined ? {} : { before: oldest }),
    });
    if (loading === undefined) tape.addOlder(trades);
  } catch {
    // The server or its store is away; the stream says so, and its return loads again.
    if (loading === own) setTimeout(() => loading === own && load(), RETRY);
  }
}

async function earlier(first) {
  if (noEarlier || loading) return;
  noEarlier = true;
  const now = symbol + interval;
  const { candles } = await ask("candles", { symbol, interval, to: first, from: 0, limit: PAGE }).catch(
    () => ({ candles: [] }),
  );
  if (now !== symbol + interval || candles.length === 0) return;
  chart.prepend(candles);
  noEarlier = false;
}

function take(chosen) {
  chart.update(chosen.candles);
  tape.add(chosen.trades);
  if (chosen.missed > 0) {
    missedAt = Date.now();
    setText($("missed"), `${chosen.missed} passed by unseen`);
  }
  if (chosen.average) {
    setText($("average"), priceText(chosen.average.vwap));
    if (interval === "5s") chart.addAverage(chosen.average);
  }
  legend();
}

function onTick({ chosen, watch: rows }) {
  watch.update(rows);
  $("watch-empty").hidden = watch.symbols.length > 0;
  if (symbol === undefined || (rows.length > 0 && watch.row(symbol) === undefined)) {
    const first = watch.first();
    if (first !== undefined) return choose(first);
  }
  const row = watch.row(symbol);
  if (row) headline(row);
  if (row && $("watch").getAttribute("aria-activedescendant") === null) watch.mark(symbol);
  document.title = row
    ? `${priceText(row.price)} ${symbol.slice(symbol.indexOf(":") + 1)} · finnhub-pipe`
    : "finnhub-pipe live";
  if (chosen === null || chosen.symbol !== symbol || chosen.interval !== interval) return;
  if (loading) waiting.push(chosen);
  else take(chosen);
}

function linkIs(state, text) {
  $("link").dataset.link = document.body.dataset.link = state;
  setText($("link"), text);
}

/** Opens the stream for what is chosen. Each time it opens the history is loaded anew. */
function connect() {
  source?.close();
  const query = new URLSearchParams({ symbol: symbol ?? "-", interval });
  const own = source = new EventSource(`api/stream?${query}`);
  heard = Date.now();
  const listen = (name, handle) =>
    own.addEventListener(name, ({ data }) => {
      if (own !== source) return;
      heard = Date.now();
      linkIs("live", "live");
      handle(JSON.parse(data));
    });
  listen("tick", onTick);
  listen("pipeline", (numbers) => {
    if (numbers.start !== started) panel.reset();
    started = numbers.start;
    panel.update(numbers);
    watch.refresh();
    if (Date.now() - missedAt > MISSED_SHOWN) setText($("missed"), "");
  });
  own.addEventListener("open", () => {
    if (own !== source || symbol === undefined) return;
    tape.clear();
    load();
  });
  own.addEventListener("error", () => {
    if (own !== source) return;
    linkIs("lost", "connection lost, trying again");
    if (own.readyState === EventSource.CLOSED) setTimeout(() => own === source && connect(), RETRY);
  });
}

function choose(wantedSymbol, wantedInterval = interval) {
  if (
    wantedSymbol === undefined ||
    (wantedSymbol === symbol && wantedInterval === interval && source && watch.row(symbol))
  ) return;
  symbol = wantedSymbol;
  interval = wantedInterval;
  history.replaceState(null, "", `#${new URLSearchParams({ symbol, interval })}`);
  setText($("chosen"), symbol);
  setText($("average"), "–");
  setText($("missed"), "");
  watch.mark(symbol);
  const row = watch.row(symbol);
  if (row) headline(row);
  for (const button of $("intervals").children) {
    button.setAttribute("aria-checked", String(button.textContent === interval));
    button.tabIndex = button.textContent === interval ? 0 : -1;
  }
  connect();
}

for (const name of INTERVALS) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = name;
  button.setAttribute("role", "radio");
  button.setAttribute("aria-checked", String(name === interval));
  button.addEventListener("click", () => choose(symbol, name));
  $("intervals").append(button);
}
$("intervals").addEventListener("keydown", ({ key }) => {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[key];
  if (!by) return;
  choose(symbol, INTERVALS[(INTERVALS.indexOf(interval) + by + INTERVALS.length) % INTERVALS.length]);
  $("intervals").children[INTERVALS.indexOf(interval)].focus();
});
function clearFilter() {
  $("filter").value = "";
  watch.filter("");
  $("watch").focus();
}

$("filter").addEventListener("input", () => {
  watch.filter($("filter").value);
  finder.show($("filter").value);
});
$("filter").addEventListener("keydown", ({ key }) => {
  if (key === "Enter") {
    const first = watch.first();
    if (first === undefined) finder.search();
    else choose(first);
  }
  if (key === "Escape") {
    clearFilter();
    finder.show("");
  }
});
addEventListener("keydown", (event) => {
  if (event.target === $("filter") || event.ctrlKey || event.metaKey || event.altKey) return;
  const { key } = event;
  const inList = event.target === $("watch");
  if (key === "/") {
    event.preventDefault();
    $("filter").focus();
  } else if (key === "j" || (inList && key === "ArrowDown")) {
    event.preventDefault();
    choose(watch.step(1));
  } else if (key === "k" || (inList && key === "ArrowUp")) {
    event.preventDefault();
    choose(watch.step(-1));
  } else if (/^[1-5]$/.test(key)) choose(symbol, INTERVALS[Number(key) - 1]);
});
setInterval(() => {
  if (Date.now() - heard < SILENCE) return;
  linkIs("lost", "connection lost, trying again");
  connect();
}, RETRY);

if (symbol !== undefined) setText($("chosen"), symbol);
finder.ready().catch(() => {});
connect();
