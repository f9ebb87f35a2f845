import type { PriceAlert } from "../market/price_alert.ts";

/** An alert that went off. */
export interface FiredAlert {
  alert: PriceAlert;
  /** Of the trade that set it off, milliseconds. */
  time: number;
  price: number;
}

/** Which alerts went off: each does once. */
export interface FiredAlerts {
  has(id: string): boolean;
  /** Keeps one that went off and nobody was told of yet. */
  add(fired: FiredAlert): void;
  /** Those that nobody was told of yet, of the alerts that there are. */
  untold(alerts: readonly PriceAlert[]): FiredAlert[];
  told(id: string): void;
}

/** For as long as the process lives. */
export class RememberedAlerts implements FiredAlerts {
  readonly #fired = new Map<string, { fired: FiredAlert; told: boolean }>();

  has(id: string): boolean {
    return this.#fired.has(id);
  }

  add(fired: FiredAlert): void {
    this.#fired.set(fired.alert.id, { fired, told: false });
  }

  untold(): FiredAlert[] {
    return [...this.#fired.values()].filter(({ told }) => !told).map(({ fired }) => fired);
  }

  told(id: string): void {
    const found = this.#fired.get(id);
    if (found) found.told = true;
  }
}
