/** The page's lists: what is being done, components, conditions and events. */
import type {
  ComponentStatus,
  Condition,
  OperatorStatus,
  RecordedEvent,
} from "../../../operator/status/operator_status.ts";
import { $, make, setText } from "../shared/dom.ts";
import { ago } from "./overall.ts";

/** Shows a status in the lists. */
export function renderLists({ components, conditions, doing, events }: OperatorStatus): void {
  renderList("doing", doing, (text) => make("li", "", text), "Nothing is being changed.");
  renderList("component-list", components, componentRow, "No components yet.");
  renderList("conditions", conditions, conditionRow, "No conditions yet.");
  renderList("events", events, eventRow, "Nothing has happened yet.");
}

/** Brings up to date how long ago things were. */
export function renderAges(): void {
  for (const element of document.querySelectorAll("time")) {
    setText(element, ago(Date.now() - Date.parse(element.dateTime)));
  }
}

/** Replaces a list's items when they differ, so that focus and selection stay while nothing changes. */
function renderList<T>(id: string, items: readonly T[], row: (item: T) => HTMLLIElement, none: string): void {
  const list = $(id);
  const key = JSON.stringify(items);
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(...(items.length > 0 ? items.map(row) : [make("li", "quiet", none)]));
}

function componentRow({ kind, message, name, ready, state, version, wanted }: ComponentStatus) {
  const mark = make("span", "mark");
  mark.setAttribute("aria-hidden", "true");
  const row = make(
    "li",
    "row",
    mark,
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

function conditionRow({ lastTransitionTime, message, reason, status, type }: Condition) {
  const good = (type === "Ready") === (status === "True") || (type !== "Ready" && type !== "Degraded");
  const item = make(
    "li",
    "condition",
    make("strong", "", `${type}: ${{ True: "yes", False: "no", Unknown: "unknown" }[status]}`),
    make("span", "quiet", ` ${reason} · `),
    age(lastTransitionTime),
    make("p", "", message),
  );
  item.dataset.good = String(good);
  return item;
}

function eventRow({ message, object, reason, time, type }: RecordedEvent) {
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

function age(time: string) {
  const element = make("time", "quiet");
  element.dateTime = time;
  element.title = new Date(time).toLocaleString();
  return element;
}
