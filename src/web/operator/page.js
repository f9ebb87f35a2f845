import { makeFlow, svg } from "./flow.js";

const $ = (id) => document.getElementById(id);
const drawFlow = makeFlow($("flow"));
const narrow = matchMedia("(max-width: 760px)");

/** Milliseconds without any event after which the connection counts as lost: the operator sends one every 15 s. */
const SILENCE = 40_000;
/** Milliseconds before another attempt when the browser has given up. */
const RETRY = 5_000;
/** Points of the history: as many updates. */
const HISTORY = 120;

let status;
let receivedAt;
let lostAt;
const history = [];

/** An element with a class and text or children; text is always set as text. */
function make(tag, className, ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

function setText(id, text) {
  const element = $(id);
  if (element.textContent !== text) element.textContent = text;
}

const STATES = {
  ready: ["Ready", "Trades flow from the feed to the dashboards."],
  progressing: ["Progressing", "The pipeline is being brought to what is wanted."],
  degraded: ["Degraded", "Something needs attention."],
  paused: ["Paused", "Nothing is changed until spec.paused is false again."],
  waiting: ["Waiting", "No Pipeline is known yet."],
  standby: [
    "Standing by",
    "Another operator leads: its page shows the pipeline. This one takes over when that ends.",
  ],
};

/** The one state of the whole, and what to say about it. */
function overall({ conditions, leader, pipeline }) {
  const holds = (type) => conditions.find((each) => each.type === type && each.status === "True");
  const ready = conditions.find(({ type }) => type === "Ready");
  const state = pipeline === undefined
    ? leader ? "waiting" : "standby"
    : holds("Degraded")
    ? "degraded"
    : pipeline.paused
    ? "paused"
    : pipeline.ready
    ? "ready"
    : "progressing";
  const said = { degraded: holds("Degraded"), paused: holds("Paused"), progressing: ready, ready }[state]
    ?.message;
  return { state, word: STATES[state][0], text: said || STATES[state][1] };
}

function render() {
  if (status === undefined) return;
  const { components, conditions, doing, events, leader, pipeline } = status;
  const { state, text, word } = overall(status);
  $("overall").dataset.state = state;
  setText("overall-word", word);
  setText("overall-text", text);
  setText("name", pipeline?.name ?? "finnhub-pipe");
  setText(
    "where",
    pipeline
      ? `namespace ${pipeline.namespace} · profile ${pipeline.profile} · generation ${pipeline.generation} · ` +
        (leader ? "this operator leads" : "this operator stands by")
      : "no Pipeline yet",
  );
  document.title = `${word}: ${pipeline?.name ?? "finnhub-pipe"}`;
  drawFlow(status, narrow.matches ? "narrow" : "wide");
  renderNumbers(status.throughput);
  renderList("doing", doing, (text) => make("li", "", text), "Nothing is being changed.");
  renderList("component-list", components, componentRow, "No components yet.");
  renderList("conditions", conditions, conditionRow, "No conditions yet.");
  renderList("events", events, eventRow, "Nothing has happened yet.");
  renderAges();
}

/** Replaces a list's items when they differ, so that focus and selection stay while nothing changes. */
function renderList(id, items, row, none) {
  const list = $(id);
  const key = JSON.stringify(items);
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(...(items.length > 0 ? items.map(row) : [make("li", "quiet", none)]));
}

function mark() {
  const element = make("span", "mark");
  element.setAttribute("aria-hidden", "true");
  return element;
}

function componentRow({ kind, message, name, ready, state, version, wanted }) {
  const row = make(
    "li",
    "row",
    mark(),
    make("span", "row-name", name),
    make("span", "row-state", state),
    make("span", "row-count", wanted > 0 ? `${ready} of ${wanted} ready` : ""),
    make("span", "row-kind quiet", [kind, version].filter(Boolean).join(" · ")),
    make("span", "row-message", message),
  );
  row.id = `c-${name}`;
  row.tabIndex = -1;
  row.dataset.state = state;
  return row;
}

function conditionRow({ lastTransitionTime, message, reason, status: holds, type }) {
  const good = (type === "Ready") === (holds === "True") || (type !== "Ready" && type !== "Degraded");
  const item = make(
    "li",
    "condition",
    make("strong", "", `${type}: ${{ True: "yes", False: "no" }[holds] ?? "unknown"}`),
    make("span", "quiet", ` ${reason} · `),
    age(lastTransitionTime),
    make("p", "", message),
  );
  item.dataset.good = good;
  return item;
}

function eventRow({ message, object, reason, time, type }) {
  // Most are about the Pipeline, whose name is at the top.
  const about = object.startsWith("Pipeline ") ? "" : `${object} · `;
  const item = make(
    "li",
    "event",
    make("strong", "", type === "Warning" ? `Warning: ${reason}` : reason),
    make("span", "quiet", ` ${about}`),
    age(time),
    make("p", "", message),
  );
  item.dataset.type = type;
  return item;
}

function age(time) {
  const element = make("time", "quiet", "");
  element.dateTime = time;
  element.title = new Date(time).toLocaleString();
  return element;
}

function ago(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h ago` : `${Math.floor(seconds / 86_400)} d ago`;
}

function renderAges() {
  for (const element of document.querySelectorAll("time")) {
    const text = ago(Date.now() - Date.parse(element.dateTime));
    if (element.textContent !== text) element.textContent = text;
  }
  if (receivedAt !== undefined) setText("age", `heard from the operator ${ago(Date.now() - receivedAt)}`);
}

function renderNumbers(throughput) {
  const number = (value) => value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 });
  setText("rate", throughput ? number(throughput.tradesPerSecond) : "not known");
  setText("lag", throughput ? number(throughput.lagRecords) : "not known");
  setText("feed", throughput ? throughput.producerConnected ? "connected" : "not connected" : "not known");
  $("feed").dataset.good = throughput?.producerConnected ?? true;
  if (history.length < 2) return;
  // Below `least` the line stays low: one message that waits is no peak.
  const line = (of, name, least) => {
    const most = Math.max(least, ...history.map(of));
    const points = history.map((each, i) =>
      `${(i / (Math.max(30, history.length) - 1)) * 300},${58 - (of(each) / most) * 52}`
    );
    return svg("polyline", { points: points.join(" "), class: `line ${name}` });
  };
  const picture = svg(
    "svg",
    { viewBox: "0 0 300 62", role: "img", preserveAspectRatio: "none", "aria-label": "the last updates" },
    line(({ tradesPerSecond }) => tradesPerSecond, "rate", 1),
    line(({ lagRecords }) => lagRecords, "lag", 100),
  );
  $("history").replaceChildren(
    picture,
    make(
      "p",
      "quiet key",
      make("span", "key-rate", "trades a second"),
      make("span", "key-lag", "messages waiting"),
    ),
  );
}

function setLink(state) {
  const time = (at) => new Date(at).toLocaleTimeString();
  const link = $("link");
  if (state === "live") lostAt = undefined;
  else lostAt ??= Date.now();
  const text = state === "live"
    ? "live"
    : receivedAt === undefined
    ? "no connection to the operator yet, trying"
    : `connection lost at ${time(lostAt)}: this is how it was then; trying again`;
  link.dataset.link = state;
  document.body.dataset.link = state;
  if (link.textContent !== text) link.textContent = text;
}

function heard() {
  receivedAt = Date.now();
  setLink("live");
}

function connect() {
  const source = new EventSource("events");
  let heardAt = performance.now();
  const again = () => {
    clearInterval(watchdog);
    source.close();
    setTimeout(connect, RETRY);
  };
  const watchdog = setInterval(() => {
    if (performance.now() - heardAt < SILENCE) return;
    setLink("lost");
    again();
  }, 1_000);
  source.addEventListener("status", (event) => {
    heardAt = performance.now();
    status = JSON.parse(event.data);
    if (status.throughput) history.push(status.throughput);
    history.splice(0, history.length - HISTORY);
    heard();
    render();
  });
  source.addEventListener("beat", () => {
    heardAt = performance.now();
    heard();
  });
  source.addEventListener("error", () => {
    setLink("lost");
    // After an answer that is no stream the browser does not try again by itself.
    if (source.readyState === EventSource.CLOSED) again();
  });
}

narrow.addEventListener("change", render);
setInterval(renderAges, 1_000);
connect();
