import type { Candle } from "../../../market/reader.ts";
import { INTERVALS } from "../../../market/series.ts";
import { type ChosenUpdate, MAX_QUERY, type StreamEvents, type WatchRow } from "../../dashboard/wire.ts";
import { $, setText, showLink } from "../shared/dom.ts";
import { ask } from "./ask.ts";
import { makeChart } from "./chart.ts";
import { makeFinder } from "./find.ts";
import { changeText, dateText, priceText, volumeText } from "./format.ts";
import { makeIntervals, SHORTEST } from "./intervals.ts";
import { makePipelinePanel } from "./pipeline_panel.ts";
import { makeTape, TAPE_ROWS } from "./tape.ts";
import { makeWatchList } from "./watch_list.ts";

/** Candles that are asked for at once. */
const PAGE = 400;
/** Milliseconds without an event after which the connection counts as lost: one comes every second. */
const SILENCE = 6_000;
/** Milliseconds for which the page says that trades passed by. */
const MISSED_SHOWN = 4_000;
/** Milliseconds before another attempt when the browser has given up. */
const RETRY = 2_000;

const parameters = new URLSearchParams(location.hash.slice(1));
/** The symbol that is shown; undefined until one is known. */
let symbol = parameters.get("symbol") ?? undefined;
let interval = INTERVALS.find((name) => name === parameters.get("interval")) ?? SHORTEST;
let source: EventSource | undefined;
/** When the stream was last heard, milliseconds since the epoch. */
let heard = 0;
/** The start of the server that is heard. */
let started: string | undefined;
/** The candle under the cross-hair. */
let hovered: Candle | undefined;
/** Identifies the load that is under way, while updates wait. */
let loading: object | undefined;
let waiting: ChosenUpdate[] = [];
/** Nothing is known before the first candle, or it is being asked for. */
let noEarlier = false;
let missedAt = 0;

const filter = $("filter", HTMLInputElement);
const watch = makeWatchList($("watch"), choose);
const finder = makeFinder(clearFilter);
const tape = makeTape($("tape"));
const panel = makePipelinePanel();
const intervals = makeIntervals($("intervals"), (name) => choose(symbol, name));
const chart = makeChart($("chart"), (candle) => {
  hovered = candle;
  legend();
}, earlier);

function legend(): void {
  const candle = hovered ?? chart.last;
  if (!candle) return;
  for (const name of ["open", "high", "low", "close", "vwap"] as const) {
    setText($(name), priceText(candle[name]));
  }
  setText($("volume"), volumeText(candle.volume));
  setText($("trades"), String(candle.trades));
  setText($("candle-time"), `${interval} from ${dateText(candle.start)}`);
}

function headline(row: WatchRow): void {
  setText($("price"), priceText(row.price));
  const [text, way] = changeText(row.change);
  setText($("change"), text);
  $("change").dataset.way = way;
  $("change").title = "since the first price of the last 24 hours";
}

/** Loads what was before the stream, then takes what came meanwhile: the page has no gap after a lost connection either. */
async function load(of: string): Promise<void> {
  const own = loading = {};
  waiting = [];
  noEarlier = false;
  try {
    const [{ candles }, { averages }] = await Promise.all([
      ask("candles", { symbol: of, interval, limit: PAGE }),
      interval === SHORTEST ? ask("averages", { symbol: of, limit: PAGE }) : { averages: [] },
    ]);
    if (loading !== own) return;
    hovered = undefined;
    chart.show(candles);
    chart.showAverages(averages);
    loading = undefined;
    for (const each of waiting) take(each);
    legend();
    const { oldest } = tape;
    const before = oldest === undefined ? {} : { before: oldest };
    const { trades } = await ask("trades", { symbol: of, limit: TAPE_ROWS, ...before });
    if (loading === undefined) tape.addOlder(trades);
  } catch {
    // The server or its store is away; the stream says so, and its return loads again.
    if (loading === own) setTimeout(() => loading === own && load(of), RETRY);
  }
}

async function earlier(first: number): Promise<void> {
  if (noEarlier || loading || symbol === undefined) return;
  noEarlier = true;
  const asked = { symbol, interval };
  const { candles } = await ask("candles", { ...asked, to: first, from: 0, limit: PAGE }).catch(
    () => ({ candles: [] }),
  );
  if (asked.symbol !== symbol || asked.interval !== interval || candles.length === 0) return;
  chart.prepend(candles);
  noEarlier = false;
}

function take({ average, candles, missed, trades }: ChosenUpdate): void {
  chart.update(candles);
  tape.add(trades);
  if (missed > 0) {
    missedAt = Date.now();
    setText($("missed"), `${missed} passed by unseen`);
  }
  if (average) {
    setText($("average"), priceText(average.vwap));
    if (interval === SHORTEST) chart.addAverage(average);
  }
  legend();
}

function onTick({ chosen, watch: rows }: StreamEvents["tick"]): void {
  watch.update(rows);
  $("watch-empty").hidden = watch.size > 0;
  if (symbol === undefined || (rows.length > 0 && watch.row(symbol) === undefined)) {
    const first = watch.first();
    if (first !== undefined) return choose(first);
  }
  const row = symbol === undefined ? undefined : watch.row(symbol);
  if (row) {
    headline(row);
    if ($("watch").getAttribute("aria-activedescendant") === null) watch.mark(row.symbol);
  }
  document.title = row
    ? `${priceText(row.price)} ${row.symbol.slice(row.symbol.indexOf(":") + 1)} · finnhub-pipe`
    : "finnhub-pipe live";
  if (chosen === null || chosen.symbol !== symbol || chosen.interval !== interval) return;
  if (loading) waiting.push(chosen);
  else take(chosen);
}

function onPipeline(numbers: StreamEvents["pipeline"]): void {
  if (numbers.start !== started) panel.reset();
  started = numbers.start;
  panel.update(numbers);
  watch.refresh();
  if (Date.now() - missedAt > MISSED_SHOWN) setText($("missed"), "");
}

/** Opens the stream for what is chosen. Each time it opens the history is loaded anew. */
function connect(): void {
  source?.close();
  const query = new URLSearchParams({ symbol: symbol ?? "-", interval });
  const own = source = new EventSource(`api/stream?${query}`);
  heard = Date.now();
  function listen<N extends keyof StreamEvents>(name: N, handle: (event: StreamEvents[N]) => void) {
    own.addEventListener(name, ({ data }: MessageEvent<string>) => {
      if (own !== source) return;
      heard = Date.now();
      showLink("live", "live");
      handle(JSON.parse(data));
    });
  }
  listen("tick", onTick);
  listen("pipeline", onPipeline);
  own.addEventListener("open", () => {
    if (own !== source || symbol === undefined) return;
    tape.clear();
    load(symbol);
  });
  own.addEventListener("error", () => {
    if (own !== source) return;
    showLink("lost", "connection lost, trying again");
    if (own.readyState === EventSource.CLOSED) setTimeout(() => own === source && connect(), RETRY);
  });
}

function choose(wantedSymbol: string | undefined, wantedInterval = interval): void {
  if (
    wantedSymbol === undefined ||
    (wantedSymbol === symbol && wantedInterval === interval && source && watch.row(wantedSymbol))
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
  intervals.mark(interval);
  connect();
}

function clearFilter(): void {
  filter.value = "";
  watch.filter("");
  $("watch").focus();
}

filter.addEventListener("input", () => {
  watch.filter(filter.value);
  finder.show(filter.value);
});
filter.addEventListener("keydown", ({ key }) => {
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
  if (event.target === filter || event.ctrlKey || event.metaKey || event.altKey) return;
  const { key } = event;
  const inList = event.target === $("watch");
  if (key === "/") {
    event.preventDefault();
    filter.focus();
  } else if (key === "j" || (inList && key === "ArrowDown")) {
    event.preventDefault();
    choose(watch.step(1));
  } else if (key === "k" || (inList && key === "ArrowUp")) {
    event.preventDefault();
    choose(watch.step(-1));
  } else if (/^[1-9]$/.test(key) && Number(key) <= INTERVALS.length) {
    choose(symbol, INTERVALS[Number(key) - 1]);
  }
});
setInterval(() => {
  if (Date.now() - heard < SILENCE) return;
  showLink("lost", "connection lost, trying again");
  connect();
}, RETRY);

filter.maxLength = MAX_QUERY;
intervals.mark(interval);
setText($("last-key"), String(INTERVALS.length));
if (symbol !== undefined) setText($("chosen"), symbol);
finder.ready().catch(() => {});
connect();
