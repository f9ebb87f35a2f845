import { $, setText } from "../../shared/dom.ts";
import { Clock } from "./clock.ts";
import { exchangeZone } from "./exchange.ts";

/** Where times may be shown: everywhere the same, as here, or as where the symbol is traded. */
const CHOICES = ["utc", "local", "exchange"] as const;
type Choice = typeof CHOICES[number];

/** The choice of a time zone. */
export interface ZoneChoice {
  /** What is chosen, as a view keeps it; empty for UTC. */
  readonly text: string;
  readonly clock: Clock;
  /** Chooses what a view has. */
  choose(text: string): void;
  /** Takes the symbol that is shown from now on. */
  setSymbol(symbol: string): void;
}

/** As people call a zone: `New York`, and not `America/New_York`. */
const placeOf = (zone: string) => zone.slice(zone.lastIndexOf("/") + 1).replaceAll("_", " ");

/**
 * @param told is called with each new clock
 * @param changed is called when somebody has chosen another
 */
export function makeZoneChoice(told: (clock: Clock) => void, changed: () => void): ZoneChoice {
  const select = $("zone", HTMLSelectElement);
  let choice: Choice = "utc";
  let exchange = "UTC";
  let clock = new Clock("UTC");

  function zoneOf(wanted: Choice): string {
    if (wanted === "exchange") return exchange;
    return wanted === "utc" ? "UTC" : Intl.DateTimeFormat().resolvedOptions().timeZone;
  }

  function take(): void {
    const names = { utc: "UTC", local: "local", exchange: "exchange" };
    for (const option of select.options) {
      const wanted = option.value as Choice;
      setText(option, wanted === "utc" ? "UTC" : `${names[wanted]} (${placeOf(zoneOf(wanted))})`);
    }
    select.value = choice;
    const zone = zoneOf(choice);
    if (zone === clock.zone) return;
    clock = new Clock(zone);
    told(clock);
  }

  select.addEventListener("change", () => {
    choice = CHOICES.find((each) => each === select.value) ?? "utc";
    take();
    changed();
  });
  take();

  return {
    get text() {
      return choice === "utc" ? "" : choice;
    },
    get clock() {
      return clock;
    },
    choose(text) {
      choice = CHOICES.find((each) => each === text) ?? "utc";
      take();
    },
    setSymbol(symbol) {
      exchange = exchangeZone(symbol);
      take();
    },
  };
}
