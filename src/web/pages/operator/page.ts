import type { OperatorStatus } from "../../../operator/status/operator_status.ts";
import { $, setText, showLink } from "../shared/dom.ts";
import { makeFlow } from "./flow.ts";
import { renderAges, renderLists } from "./lists.ts";
import { ago, overall } from "./overall.ts";
import { makeThroughputPanel } from "./throughput.ts";

/** Milliseconds without any event after which the connection counts as lost: the operator sends one every 15 s. */
const SILENCE = 40_000;
/** Milliseconds before another attempt when the browser has given up. */
const RETRY = 5_000;

const drawFlow = makeFlow($("flow"));
const throughput = makeThroughputPanel();
const narrow = matchMedia("(max-width: 760px)");

let status: OperatorStatus | undefined;
/** When the operator was last heard, and the connection lost, milliseconds since the epoch. */
let receivedAt: number | undefined;
let lostAt: number | undefined;

function render(): void {
  if (status === undefined) return;
  const { leader, pipeline } = status;
  const { state, text, word } = overall(status);
  $("overall").dataset.state = state;
  setText($("overall-word"), word);
  setText($("overall-text"), text);
  setText($("name"), pipeline?.name ?? "finnhub-pipe");
  setText(
    $("where"),
    pipeline
      ? `namespace ${pipeline.namespace} · profile ${pipeline.profile} · generation ${pipeline.generation} · ` +
        (leader ? "this operator leads" : "this operator stands by")
      : "no Pipeline yet",
  );
  document.title = `${word}: ${pipeline?.name ?? "finnhub-pipe"}`;
  drawFlow(status, narrow.matches ? "narrow" : "wide");
  throughput.render(status.throughput);
  renderLists(status);
  showAges();
}

function showAges(): void {
  renderAges();
  if (receivedAt !== undefined) {
    setText($("age"), `heard from the operator ${ago(Date.now() - receivedAt)}`);
  }
}

function lost(): void {
  lostAt ??= Date.now();
  showLink(
    "lost",
    receivedAt === undefined
      ? "no connection to the operator yet, trying"
      : `connection lost at ${new Date(lostAt).toLocaleTimeString()}: this is how it was then; trying again`,
  );
}

function heard(): void {
  receivedAt = Date.now();
  lostAt = undefined;
  showLink("live", "live");
}

function connect(): void {
  const source = new EventSource("events");
  let heardAt = performance.now();
  const again = () => {
    clearInterval(watchdog);
    source.close();
    setTimeout(connect, RETRY);
  };
  const watchdog = setInterval(() => {
    if (performance.now() - heardAt < SILENCE) return;
    lost();
    again();
  }, 1_000);
  source.addEventListener("status", ({ data }: MessageEvent<string>) => {
    heardAt = performance.now();
    const told: OperatorStatus = JSON.parse(data);
    status = told;
    if (told.throughput) throughput.add(told.throughput);
    heard();
    render();
  });
  source.addEventListener("beat", () => {
    heardAt = performance.now();
    heard();
  });
  source.addEventListener("error", () => {
    lost();
    // After an answer that is no stream the browser does not try again by itself.
    if (source.readyState === EventSource.CLOSED) again();
  });
}

narrow.addEventListener("change", render);
setInterval(showAges, 1_000);
connect();
