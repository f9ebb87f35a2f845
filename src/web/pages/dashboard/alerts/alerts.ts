import type { WatchRow } from "../../../dashboard/wire.ts";
import { $, make } from "../../shared/dom.ts";
import type { Clock } from "../clock/clock.ts";
import { numberText } from "../format.ts";
import { AlertSight } from "../../../../market/price_alert.ts";
import type { Alert } from "./alert.ts";
import { conditionText, makeAlertMenu } from "./menu.ts";
import { makeAlertStore } from "./store.ts";

/** Alerts on prices, while a page is open. */
export interface Alerts {
  /** Takes prices that changed. */
  update(rows: readonly WatchRow[]): void;
}

export interface AlertsOptions {
  /** What is known of the symbol that is shown. */
  shown(): WatchRow | undefined;
  row(symbol: string): WatchRow | undefined;
  clock(): Clock;
}

/** Notes that are shown at once. */
const MOST_NOTES = 4;

/** Watches prices for what somebody wants to be told: on the page, and by a notification where that is allowed. */
export function makeAlerts({ clock, row, shown }: AlertsOptions): Alerts {
  const store = makeAlertStore(load);
  const notes = $("alert-notes");
  const menu = makeAlertMenu({
    shown() {
      const now = shown();
      return now && { symbol: now.symbol, price: numberText(now.price, now.digits) };
    },
    async add(alert) {
      const symbol = shown()?.symbol;
      if (symbol !== undefined) await change((all) => [...all, { ...alert, symbol, id: newId() }]);
    },
    arm: (id) =>
      change((all) =>
        all.map(({ fired, ...alert }) => ({ ...alert, ...(alert.id !== id && fired && { fired }) }))
      ),
    remove: (id) => change((all) => all.filter((alert) => alert.id !== id)),
    timeText: (time) => clock().time(time),
  });
  let alerts: Alert[] = [];
  const sights = new Map<string, AlertSight>();

  /** Not by randomUUID(), which only secure contexts have. */
  const newId = () =>
    [...crypto.getRandomValues(new Uint32Array(3))].map((each) => each.toString(36)).join("");

  function load(): void {
    alerts = store.read();
    const waiting = new Set(alerts.filter(({ fired }) => !fired).map(({ id }) => id));
    for (const id of sights.keys()) if (!waiting.has(id)) sights.delete(id);
    menu.show(alerts);
  }

  async function change(how: (all: Alert[]) => Alert[]): Promise<void> {
    await store.change(how);
    load();
    // What is true already is told at once.
    for (const symbol of new Set(alerts.map((alert) => alert.symbol))) {
      const known = row(symbol);
      if (known) look(known);
    }
  }

  function look({ price, symbol, time }: WatchRow): void {
    for (const alert of alerts) {
      if (alert.symbol !== symbol || alert.fired) continue;
      let sight = sights.get(alert.id);
      if (!sight) sights.set(alert.id, sight = new AlertSight());
      if (!sight.goesOff(alert, price, time)) continue;
      alert.fired = { time, price };
      fire(alert, { time, price });
    }
  }

  /** Of several pages, one tells. */
  async function fire({ id }: Alert, fired: { time: number; price: number }): Promise<void> {
    let told: Alert | undefined;
    await store.change((all) => {
      told = all.find((alert) => alert.id === id && !alert.fired);
      return all.map((alert) => alert === told ? { ...alert, fired } : alert);
    });
    if (told) tell(told, fired);
    load();
  }

  function tell(alert: Alert, { price, time }: { price: number; time: number }): void {
    const digits = row(alert.symbol)?.digits ?? 2;
    const text = `${numberText(price, digits)} at ${clock().time(time)}`;
    const close = make("button", "plain", "✕");
    close.type = "button";
    close.setAttribute("aria-label", "Dismiss");
    const note = make("div", "note-card", make("strong", "", conditionText(alert)), ` ${text}`, close);
    close.addEventListener("click", () => note.remove());
    notes.prepend(note);
    while (notes.children.length > MOST_NOTES) notes.lastElementChild?.remove();
    if (!("Notification" in globalThis) || Notification.permission !== "granted") return;
    try {
      new Notification(conditionText(alert), { body: text, tag: alert.id });
    } catch {
      // Some browsers show them from a worker alone; the page has told it.
    }
  }

  load();
  return {
    update(rows) {
      if (alerts.length > 0) rows.forEach(look);
    },
  };
}
