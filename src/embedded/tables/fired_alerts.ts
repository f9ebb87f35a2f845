import type { FiredAlert, FiredAlerts } from "../../alerts/fired_alerts.ts";
import type { PriceAlert } from "../../market/price_alert.ts";
import type { Logger } from "../../telemetry/log.ts";
import { Trouble } from "../../telemetry/trouble.ts";
import type { Database } from "../database.ts";
import { untilTaken } from "../until_taken.ts";

export interface SqliteFiredAlertsOptions {
  database: Database;
  log: Logger;
  random: () => number;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** Alerts that went off, kept over restarts. As with all that is kept there, a full disk is waited for. */
export class SqliteFiredAlerts implements FiredAlerts {
  readonly #trouble: Trouble;

  constructor(readonly options: SqliteFiredAlertsOptions) {
    this.#trouble = new Trouble({ what: "alerts that went off are not kept", ...options });
  }

  has(id: string): boolean {
    return this.options.database.all("SELECT 1 FROM fired_alerts WHERE id = ?", id).length > 0;
  }

  async add({ alert, price, time }: FiredAlert, signal: AbortSignal): Promise<void> {
    const insert = "INSERT OR IGNORE INTO fired_alerts (id, time, price) VALUES (?, ?, ?)";
    await this.#taken((database) => database.run(insert, alert.id, time, price), signal);
  }

  async untold(alerts: readonly PriceAlert[], signal: AbortSignal): Promise<FiredAlert[]> {
    const rows = await this.#taken(
      (database) => database.all("SELECT id, time, price FROM fired_alerts WHERE told = 0 ORDER BY time"),
      signal,
    );
    return rows.flatMap(({ id, price, time }) => {
      const alert = alerts.find((each) => each.id === id);
      return alert && typeof time === "number" && typeof price === "number" ? [{ alert, time, price }] : [];
    });
  }

  async told(id: string, signal: AbortSignal): Promise<void> {
    await this.#taken(
      (database) => database.run("UPDATE fired_alerts SET told = 1 WHERE id = ?", id),
      signal,
    );
  }

  #taken<T>(work: (database: Database) => T, signal: AbortSignal): Promise<T> {
    const { database, random } = this.options;
    return untilTaken(() => work(database), { random, signal, trouble: this.#trouble });
  }
}
