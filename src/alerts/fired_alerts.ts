import type { PriceAlert } from "../market/price_alert.ts";

/** An alert that went off. */
export interface FiredAlert {
  alert: PriceAlert;
  /** Of the trade that set it off, milliseconds. */
  time: number;
  price: number;
}

/** Which alerts went off: each does once. What waits, such as for room on a disk, rejects when its signal is aborted. */
export interface FiredAlerts {
  has(id: string): boolean;
  /** Keeps one that went off and nobody was told of yet. */
  add(fired: FiredAlert, signal: AbortSignal): Promise<void>;
  /** Those that nobody was told of yet, of the alerts that there are. */
  untold(alerts: readonly PriceAlert[], signal: AbortSignal): Promise<FiredAlert[]>;
  told(id: string, signal: AbortSignal): Promise<void>;
}

/** For as long as the process lives. */
export class RememberedAlerts implements FiredAlerts {
  readonly #fired = new Map<string, { fired: FiredAlert; told: boolean }>();

  has(id: string): boolean {
    return this.#fired.has(id);
  }

  add(fired: FiredAlert): Promise<void> {
    this.#fired.set(fired.alert.id, { fired, told: false });
    return Promise.resolve();
  }

  untold(): Promise<FiredAlert[]> {
    return Promise.resolve([...this.#fired.values()].filter(({ told }) => !told).map(({ fired }) => fired));
  }

  told(id: string): Promise<void> {
    const found = this.#fired.get(id);
    if (found) found.told = true;
    return Promise.resolve();
  }
}
