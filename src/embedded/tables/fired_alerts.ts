import type { FiredAlert, FiredAlerts } from "../../alerts/fired_alerts.ts";
import type { PriceAlert } from "../../market/price_alert.ts";
import type { Database } from "../database.ts";

/** Alerts that went off, kept over restarts. */
export class SqliteFiredAlerts implements FiredAlerts {
  constructor(readonly database: Database) {}

  has(id: string): boolean {
    return this.database.all("SELECT 1 FROM fired_alerts WHERE id = ?", id).length > 0;
  }

  add({ alert, price, time }: FiredAlert): void {
    this.database.run(
      "INSERT OR IGNORE INTO fired_alerts (id, time, price) VALUES (?, ?, ?)",
      alert.id,
      time,
      price,
    );
  }

  untold(alerts: readonly PriceAlert[]): FiredAlert[] {
    return alerts.flatMap((alert) => {
      const [row] = this.database.all(
        "SELECT time, price FROM fired_alerts WHERE id = ? AND told = 0",
        alert.id,
      );
      if (typeof row?.time !== "number" || typeof row.price !== "number") return [];
      return [{ alert, time: row.time, price: row.price }];
    }).sort((a, b) => a.time - b.time);
  }

  told(id: string): void {
    this.database.run("UPDATE fired_alerts SET told = 1 WHERE id = ?", id);
  }
}
