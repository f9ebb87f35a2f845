import type { LiveTrades } from "../market/live_trades.ts";
import { AlertSight, type PriceAlert } from "../market/price_alert.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Counter } from "../telemetry/metrics.ts";
import type { FiredAlerts } from "./fired_alerts.ts";

export interface AlertWatchOptions {
  alerts: readonly PriceAlert[];
  trades: LiveTrades;
  fired: FiredAlerts;
  count: Counter;
  log: Logger;
  /** Called after one went off. */
  wake(): void;
}

/** Trades that are held while others are looked at. */
const CAPACITY = 100_000;

/** Looks at each trade for what an alert waits for; each alert goes off once. */
export class AlertWatch {
  readonly #waiting = new Map<string, { alert: PriceAlert; sight: AlertSight }[]>();

  constructor(readonly options: AlertWatchOptions) {
    for (const alert of options.alerts) {
      if (options.fired.has(alert.id)) continue;
      const { symbol } = alert;
      const known = this.#waiting.get(symbol) ?? [];
      this.#waiting.set(symbol, [...known, { alert, sight: new AlertSight() }]);
    }
  }

  /** Runs until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    using subscription = this.options.trades.subscribe(CAPACITY);
    try {
      while (!signal.aborted) {
        for (const { symbol, trades } of await subscription.next(signal)) {
          for (const { price, time } of trades) {
            if (this.#waiting.has(symbol)) await this.#look(symbol, price, time, signal);
          }
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #look(symbol: string, price: number, time: number, signal: AbortSignal): Promise<void> {
    const waiting = this.#waiting.get(symbol)!;
    const off = waiting.filter(({ alert, sight }) => sight.goesOff(alert, price, time));
    if (off.length === 0) return;
    const left = waiting.filter((each) => !off.includes(each));
    if (left.length === 0) this.#waiting.delete(symbol);
    else this.#waiting.set(symbol, left);
    const { count, fired, log, wake } = this.options;
    for (const { alert } of off) {
      count.add();
      log.info("an alert went off", { alert: alert.id, price, time: new Date(time).toISOString() });
      await fired.add({ alert, time, price }, signal);
      wake();
    }
  }
}
