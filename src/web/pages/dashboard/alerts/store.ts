import { keep, kept } from "../kept.ts";
import { type Alert, alertsOf } from "./alert.ts";

const ALERTS = "finnhub-pipe.alerts";

/** The alerts of this browser, which all of its pages share. */
export interface AlertStore {
  read(): Alert[];
  /** Changes them, one page after the other. @param change of what is kept now; it may decide by that */
  change(change: (alerts: Alert[]) => Alert[]): Promise<void>;
}

/** @param changed is called when another page has changed them */
export function makeAlertStore(changed: () => void): AlertStore {
  /** Where the browser keeps nothing, this page does. */
  let own = kept(ALERTS) ?? "[]";
  const read = () => alertsOf(kept(ALERTS) ?? own);

  addEventListener("storage", ({ key }) => key === ALERTS && changed());

  return {
    read,
    async change(change) {
      const write = () => {
        own = JSON.stringify(change(read()));
        keep(ALERTS, own);
      };
      // Where the page is no secure context, pages cannot wait for each other.
      if ("locks" in navigator) await navigator.locks.request(ALERTS, write);
      else write();
    },
  };
}
