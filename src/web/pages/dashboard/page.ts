import type { Candle } from "../../../market/reader.ts";
import { ALL_INTERVALS } from "../../../market/series.ts";
import type { ChosenUpdate, StreamEvents } from "../../dashboard/wire.ts";
import { $, setText } from "../shared/dom.ts";
import { mayHoldStream } from "../shared/stream_turns.ts";
import { makeAlerts } from "./alerts/alerts.ts";
import { ask } from "./ask.ts";
import { vwapOf } from "./chart/candles.ts";
import { makeChart } from "./chart/chart.ts";
import { askCandles, candlesBefore, FIRST_CANDLES, loadCandles } from "./chart/history.ts";
import { makeChoices } from "./choices.ts";
import { digitsOf } from "./digits.ts";
import { makeFinder } from "./find.ts";
import { NO_DIGITS } from "./format.ts";
import { makeGaps } from "./gaps/gaps.ts";
import { clearChosen, showChosen, showHeadline, showLegend } from "./headline.ts";
import { makeIntervals, SHORTEST } from "./intervals.ts";
import { listenToKeys } from "./keys.ts";
import { makePipelinePanel } from "./pipeline_panel.ts";
import { makeSignalLamps } from "./signals/lamps.ts";
import { UpdateStream } from "./stream.ts";
import { makeTape, TAPE_ROWS } from "./tape.ts";
import { addressedView, firstView, keepView, makeWideButton } from "./view.ts";
import { makeOwnButtons } from "./watch/own_buttons.ts";
import { makeWatchList } from "./watch/watch_list.ts";

/** Milliseconds for which the page says that trades passed by. */
const MISSED_SHOWN = 4_000;
/** Milliseconds before another attempt at what could not be loaded. */
const RETRY = 2_000;
/** Candles that are asked for in each turn of a page that holds no stream. */
const TURN_CANDLES = 30;

/** The symbol that is shown, undefined until one is known; and the interval. */
const first = firstView();
let { interval, symbol } = first;
/** The start of the server that is heard. */
let started: string | undefined;
/** The candle under the cross-hair. */
let hovered: Candle | undefined;
/** Identifies what is shown: answers to what was asked before are of another symbol, or older. */
let shown: object = {};
/** Whether its history is on its way; updates wait for it. */
let loading = false;
let waiting: ChosenUpdate[] = [];
/** Nothing is known before the first candle, or it is being asked for. */
let noEarlier = false;
let missedAt = 0;
let digits = NO_DIGITS;
/** Whether the next update has the newest trades, whatever the tape has. */
let tapeAnew = false;

const stream = new UpdateStream({
  query: () => ({ symbol: symbol ?? "-", interval }),
  opened,
  linked: () => lamps.linked(),
  unlinked: () => lamps.unlinked(),
  tick: onTick,
  pipeline: onPipeline,
}, await mayHoldStream());
const watch = makeWatchList($("watch"), choose);
const buttons = makeOwnButtons({ watch, shown: () => symbol, choose });
const finder = makeFinder({ watch, choose });
const tape = makeTape($("tape"));
const panel = makePipelinePanel();
const lamps = makeSignalLamps();
const intervals = makeIntervals($("intervals"), (name) => choose(symbol, name));
const chart = makeChart($("chart"), (candle) => {
  hovered = candle;
  legend();
}, earlier);
const gaps = makeGaps(chart);
const choices = makeChoices({
  chart,
  tape,
  watch,
  name: () => `${(symbol ?? "chart").replaceAll(/[^\w.-]+/g, "_")}_${interval}`,
  changed() {
    keepView(view(), false);
    legend();
  },
  clockChanged: () => legend(),
});
const alerts = makeAlerts({
  row: watch.row,
  shown: () => symbol === undefined ? undefined : watch.row(symbol),
  clock: () => choices.clock,
});
const view = () => ({ symbol, interval, ...choices.chosen });

function legend(): void {
  const candle = hovered ?? chart.last;
  if (!candle) return;
  showLegend(
    {
      candle,
      interval,
      vwap: vwapOf(candle),
      hasAverage: interval === SHORTEST,
      average: chart.averages.at(hovered?.start),
    },
    digits,
    choices.clock,
  );
  choices.show(hovered?.start, digits);
  gaps.tell(candle, choices.clock);
}

/** Takes what the list knows of the symbol that is shown. */
function headline(): void {
  const row = symbol === undefined ? undefined : watch.row(symbol);
  if (!row) return;
  setDigits(digitsOf(row));
  showHeadline(row, digits);
}

function setDigits(wanted: typeof digits): void {
  digits = wanted;
  chart.setDigits(digits);
  tape.setDigits(digits);
}

/** Loads what was before the stream, then takes what came meanwhile: the page has no gap after a lost connection either. */
async function load(of: string): Promise<void> {
  const own = shown = {};
  loading = true;
  waiting = [];
  noEarlier = false;
  try {
    const [candles, { averages }] = await Promise.all([
      loadCandles(of, interval, chart.sight),
      interval === SHORTEST ? ask("averages", { symbol: of, limit: FIRST_CANDLES }) : { averages: [] },
    ]);
    if (shown !== own) return;
    hovered = undefined;
    if (watch.row(of) === undefined) setDigits(digitsOf({ candles }));
    choices.setShown(of, interval);
    chart.show(candles);
    chart.averages.show(averages);
    loading = false;
    showChosen();
    headline();
    for (const each of waiting) take(each);
    legend();
    await Promise.all([fillTape(of, own), candles[0] && gaps.load(of, candles[0].start).then(legend)]);
  } catch {
    // The server or its store is away; the stream says so, and its return loads again.
    if (shown === own) setTimeout(() => shown === own && load(of), RETRY);
  }
}

/** Puts older trades below those of the stream, which may bring some of them while they are asked for. */
async function fillTape(of: string, own: object): Promise<void> {
  for (let oldest = tape.oldest; !tape.full; oldest = tape.oldest) {
    const before = oldest === undefined ? {} : { before: oldest };
    const { trades } = await ask("trades", { symbol: of, limit: TAPE_ROWS, ...before });
    if (shown !== own) return;
    if (tape.oldest === oldest) return tape.addOlder(trades);
  }
}

/** Brings what is shown up to date, without what lies further back. */
async function refresh(of: string): Promise<void> {
  const own = shown;
  const candles = await askCandles({ symbol: of, interval, limit: TURN_CANDLES });
  if (shown === own) chart.update(candles);
}

async function earlier(first: number): Promise<void> {
  if (noEarlier || loading || symbol === undefined) return;
  noEarlier = true;
  const own = shown;
  const candles = await candlesBefore(symbol, interval, first).catch(() => undefined);
  if (shown !== own || candles?.length === 0) return;
  if (candles) chart.prepend(candles);
  noEarlier = false;
  if (candles?.[0]) gaps.load(symbol, candles[0].start).then(legend, () => {});
}

function take(update: ChosenUpdate): void {
  const { average, candles, missed, trades } = update;
  if (tapeAnew) tape.clear();
  tapeAnew = false;
  chart.update(candles);
  gaps.take(update.gaps);
  tape.add(trades);
  if (missed > 0) {
    missedAt = Date.now();
    setText($("missed"), `${missed} passed by unseen`);
  }
  if (average && interval === SHORTEST) chart.averages.add(average);
  legend();
}

function onTick({ chosen, watch: rows }: StreamEvents["tick"]): void {
  watch.update(rows);
  choices.update(rows);
  alerts.update(rows);
  if (symbol === undefined || (rows.length > 0 && watch.row(symbol) === undefined)) {
    const first = watch.first();
    if (first !== undefined) return choose(first, interval, false);
  }
  if (!loading) headline();
  if (symbol !== undefined && watch.row(symbol) && !$("watch").hasAttribute("aria-activedescendant")) {
    watch.mark(symbol);
  }
  if (chosen === null || chosen.symbol !== symbol || chosen.interval !== interval) return;
  if (loading) waiting.push(chosen);
  else take(chosen);
}

function onPipeline(numbers: StreamEvents["pipeline"]): void {
  if (numbers.start !== started) panel.reset();
  started = numbers.start;
  panel.update(numbers);
  lamps.pipeline(numbers);
  lamps.trade(symbol, symbol === undefined ? undefined : watch.row(symbol));
  watch.refresh();
  if (Date.now() - missedAt > MISSED_SHOWN) setText($("missed"), "");
}

/** Each time the stream opens what is shown is loaded anew. */
function opened(): void {
  if (symbol === undefined) return;
  tapeAnew = true;
  if (stream.holds || loading || chart.last === undefined) load(symbol);
  else refresh(symbol).catch(() => {});
}

/** @param step whether Back returns to what is shown now; null for what Back itself has brought */
function choose(
  wantedSymbol: string | undefined,
  wantedInterval = interval,
  step: boolean | null = true,
) {
  if (
    wantedSymbol === undefined ||
    (wantedSymbol === symbol && wantedInterval === interval && stream.isWanted && watch.row(wantedSymbol))
  ) return;
  symbol = wantedSymbol;
  interval = wantedInterval;
  if (step !== null) keepView(view(), step);
  // At once, and not when the answer comes: what is shown under a name is of that name.
  shown = {};
  loading = true;
  waiting = [];
  hovered = undefined;
  chart.clear();
  gaps.clear(interval);
  choices.setShown(symbol, interval);
  tape.clear();
  clearChosen(symbol);
  headline();
  watch.mark(symbol);
  buttons.mark();
  intervals.mark(interval);
  stream.connect();
}

listenToKeys({
  pin: buttons.pin,
  remove: buttons.remove,
  list: $("watch"),
  step: (by) => choose(watch.step(by)),
  interval: (name) => choose(symbol, name),
  chart,
});
// Back, Forward, and an address that was changed by hand.
addEventListener("hashchange", () => {
  const wanted = addressedView();
  if (wanted.symbol !== undefined) {
    choices.take(wanted);
    choose(wanted.symbol, wanted.interval, null);
  } else keepView(view(), false);
});
makeWideButton($("wide"));
intervals.mark(interval);
gaps.clear(interval);
setText($("last-key"), String(ALL_INTERVALS.length));
choices.take(first);
if (symbol !== undefined) {
  choices.setShown(symbol, interval);
  buttons.mark();
  setText($("chosen"), symbol);
  keepView(view(), false);
}
finder.ready().catch(() => {});
if (stream.holds || !document.hidden) stream.connect();
