import { alertRules } from "../alerts/rule.ts";
import { anyText, optional, urlOf } from "./parsers.ts";
import { setting } from "./setting.ts";

/** Alerts that the server looks after. */
export const alertSettings = {
  alerts: setting({
    flag: "alerts",
    env: "ALERTS",
    default: "",
    meaning:
      "Prices to tell of, each once, separated by commas: AAPL>300, AAPL<250, AAPL=275 for crossing, AAPL%5/15m for a move of 5 % within 15 minutes",
    parse: alertRules,
  }),
  alertWebhookUrl: setting({
    env: "ALERT_WEBHOOK_URL",
    default: "",
    meaning: "Where alerts are sent to by POST, as JSON; nowhere when empty",
    secret: true,
    parse: optional(urlOf("http:", "https:")),
  }),
  alertWebhookSecret: setting({
    env: "ALERT_WEBHOOK_SECRET",
    default: "",
    meaning: "Key by which what is sent there is signed (HMAC-SHA256)",
    secret: true,
    parse: optional(anyText),
  }),
};

/** Names of the settings by which a role looks after alerts. */
export const ALERTS = ["alerts", "alertWebhookUrl", "alertWebhookSecret"] as const;
