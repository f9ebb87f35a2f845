import { placePopup } from "../controls/popup.ts";
import { $, make, setText } from "../../shared/dom.ts";
import { ALERT_KINDS, type AlertKind, MOST_MINUTES } from "../../../../market/price_alert.ts";
import { type Alert, MOST_ALERTS } from "./alert.ts";

/** The menu in which alerts are made, armed again and removed. */
export interface AlertMenu {
  show(alerts: readonly Alert[]): void;
}

export interface AlertMenuOptions {
  /** The symbol that is shown, and its price as it is written. */
  shown(): { symbol: string; price: string } | undefined;
  add(alert: Omit<Alert, "id" | "symbol">): void;
  arm(id: string): void;
  remove(id: string): void;
  /** When it went off, as it is written. */
  timeText(time: number): string;
}

const NAMES: Record<AlertKind, string> = {
  above: "above",
  below: "below",
  crossing: "crosses",
  move: "moves by",
};

/** What an alert waits for, in words. */
export const conditionText = ({ kind, minutes, symbol, value }: Alert): string =>
  `${symbol} ${NAMES[kind]} ${value}${kind === "move" ? ` % in ${minutes} min` : ""}`;

export function makeAlertMenu({ add, arm, remove, shown, timeText }: AlertMenuOptions): AlertMenu {
  const [list, ask] = [$("alert-list"), $("alert-ask")];
  const form = $("alert-form", HTMLFormElement);
  const kind = $("alert-kind", HTMLSelectElement);
  const value = $("alert-value", HTMLInputElement);
  const minutes = $("alert-minutes", HTMLInputElement);

  function button(text: string, label: string, work: () => void): HTMLButtonElement {
    const made = make("button", "plain", text);
    made.type = "button";
    made.setAttribute("aria-label", label);
    made.title = label;
    made.addEventListener("click", work);
    return made;
  }

  function row(alert: Alert): HTMLElement {
    const { fired, id } = alert;
    const text = conditionText(alert);
    const state = make("span", "quiet", fired ? `went off at ${timeText(fired.time)}` : "waits");
    return make(
      "li",
      "",
      make("span", "title", text),
      state,
      ...(fired ? [button("↻", `Arm again: ${text}`, () => arm(id))] : []),
      button("✕", `Remove: ${text}`, () => remove(id)),
    );
  }

  function prepare(): void {
    const now = shown();
    setText($("alert-symbol"), now?.symbol ?? "");
    const move = kind.value === "move";
    value.value = move ? "1" : now?.price.replaceAll(",", "") ?? "";
    value.setAttribute("aria-label", move ? "Percent" : "Price");
    $("alert-minutes-part").hidden = !move;
    ask.hidden = !("Notification" in globalThis) || Notification.permission !== "default";
  }

  kind.replaceChildren(...ALERT_KINDS.map((each) => new Option(NAMES[each], each)));
  kind.addEventListener("change", prepare);
  minutes.max = String(MOST_MINUTES);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (shown() === undefined) return;
    const wanted = ALERT_KINDS.find((each) => each === kind.value) ?? "above";
    add({ kind: wanted, value: Number(value.value), minutes: Number(minutes.value) });
  });
  ask.addEventListener("click", () => {
    Notification.requestPermission().then(prepare).catch(() => {});
  });
  $("alert-menu").addEventListener("beforetoggle", prepare);
  placePopup($("alerts"), $("alert-menu"));

  return {
    show(alerts) {
      list.replaceChildren(...alerts.map(row));
      const waiting = alerts.filter(({ fired }) => fired === undefined).length;
      setText($("alerts"), waiting === 0 ? "Alerts" : `Alerts (${waiting})`);
      $("alert-add", HTMLButtonElement).disabled = alerts.length >= MOST_ALERTS;
    },
  };
}
