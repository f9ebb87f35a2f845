import { AlertWatch } from "./alert_watch.ts";
import type { FiredAlerts } from "./fired_alerts.ts";
import { Webhook } from "./webhook.ts";
import { aborted } from "../async/wait.ts";
import type { LiveTrades } from "../market/live_trades.ts";
import type { ALERTS } from "../settings/alerts.ts";
import { SettingError } from "../settings/read_settings.ts";
import type { Settings } from "../settings/settings.ts";
import type { Logger } from "../telemetry/log.ts";
import type { MetricRegistry } from "../telemetry/metrics.ts";

export type AlertSettings = Pick<Settings, (typeof ALERTS)[number]>;

export interface AlertParts {
  trades: LiveTrades;
  fired: FiredAlerts;
  registry: MetricRegistry;
  log: Logger;
}

/** What looks after the alerts of the settings. */
export interface ServerAlerts {
  /** Runs until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
  /** Why alerts wait for the webhook, and since when. */
  readonly trouble: string | undefined;
}

/** @throws {SettingError} for a webhook without a key, or without anything to tell */
export function openAlerts(
  { alerts, alertWebhookSecret: secret, alertWebhookUrl: url }: AlertSettings,
  { fired, log, registry, trades }: AlertParts,
): ServerAlerts {
  const count = registry.counter("finnhub_pipe_alerts_total", "Alerts of ALERTS that went off");
  const failures = registry.counter(
    "finnhub_pipe_alert_webhook_failures_total",
    "Requests to the webhook that were not answered, or refused",
  );
  if (url !== undefined && secret === undefined) {
    throw new SettingError(
      "ALERT_WEBHOOK_SECRET is not set; ALERT_WEBHOOK_URL needs it, to sign what is sent",
    );
  }
  if (url !== undefined && alerts.length === 0) {
    throw new SettingError("ALERTS is not set; ALERT_WEBHOOK_URL needs it, such as ALERTS='AAPL>300'");
  }
  const webhook = url === undefined || secret === undefined ? undefined : new Webhook({
    url,
    secret,
    alerts,
    fired,
    fetch,
    failures,
    log,
    random: Math.random,
    now: Date.now,
  });
  const watch = new AlertWatch({ alerts, trades, fired, count, log, wake: () => webhook?.wake() });
  return {
    async run(signal) {
      if (alerts.length === 0) return await aborted(signal);
      await Promise.all([watch.run(signal), webhook?.run(signal)]);
    },
    get trouble() {
      return webhook?.trouble;
    },
  };
}
