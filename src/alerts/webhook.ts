import { backoff, delay } from "../async/wait.ts";
import type { PriceAlert } from "../market/price_alert.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Counter } from "../telemetry/metrics.ts";
import { Trouble } from "../telemetry/trouble.ts";
import type { FiredAlert, FiredAlerts } from "./fired_alerts.ts";

export interface WebhookOptions {
  url: URL;
  /** Key of the signature. */
  secret: string;
  alerts: readonly PriceAlert[];
  fired: FiredAlerts;
  fetch: typeof fetch;
  failures: Counter;
  log: Logger;
  random: () => number;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** How long an answer may take, milliseconds. */
const ANSWER_MS = 10_000;
/** Longest wait between two tries, milliseconds. */
const LONGEST_WAIT = 60_000;
/** Statuses that say that the same may be taken later: RFC 9110, 15.5.9, and RFC 6585, 4. */
const LATER = [408, 425, 429];

/**
 * Tells a web server of each alert that went off: in order, again and again until it is taken. A receiver that is told twice, since an
 * answer was lost, knows it by its `idempotency-key`.
 */
export class Webhook {
  readonly #trouble: Trouble;
  #wake = () => {};

  constructor(readonly options: WebhookOptions) {
    this.#trouble = new Trouble({ what: "the webhook takes no alerts", ...options });
  }

  /** Why alerts wait, and since when; undefined while none has to. */
  get trouble(): string | undefined {
    return this.#trouble.reason;
  }

  /** There is something to tell. */
  wake(): void {
    this.#wake();
  }

  /** Runs until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { alerts, fired } = this.options;
    const onAbort = () => this.#wake();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      while (!signal.aborted) {
        const woken = new Promise<void>((resolve) => this.#wake = resolve);
        const waiting = await fired.untold(alerts, signal);
        for (const each of waiting) {
          await this.#tell(each, signal);
          signal.throwIfAborted();
          await fired.told(each.alert.id, signal);
        }
        if (waiting.length === 0 && !signal.aborted) await woken;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Tells of one, until it is taken, refused for good, or the signal is aborted. */
  async #tell(fired: FiredAlert, signal: AbortSignal): Promise<void> {
    const { failures, log, random } = this.options;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        const status = await this.#post(fired, signal);
        if (status >= 200 && status < 300) this.#trouble.over();
        else if (status >= 400 && status < 500 && !LATER.includes(status)) {
          failures.add();
          log.error("the webhook refuses an alert; check ALERT_WEBHOOK_URL and ALERT_WEBHOOK_SECRET", {
            alert: fired.alert.id,
            status,
          });
        } else throw new Error(`it answers with status ${status}`);
        return;
      } catch (error) {
        if (signal.aborted) return;
        failures.add();
        this.#trouble.happened(error, "check ALERT_WEBHOOK_URL, and that its server runs");
        await delay(backoff(attempt, { base: 1000, cap: LONGEST_WAIT, random }), signal).catch(() => {});
      }
    }
  }

  async #post({ alert, price, time }: FiredAlert, signal: AbortSignal): Promise<number> {
    const { id, kind, minutes, symbol, value } = alert;
    const body = JSON.stringify({
      alert: id,
      symbol,
      kind,
      value,
      ...(kind === "move" && { minutes }),
      price,
      time,
    });
    const seconds = Math.floor(this.options.now() / 1000);
    const response = await this.options.fetch(this.options.url, {
      method: "POST",
      body,
      redirect: "error",
      headers: {
        "content-type": "application/json",
        "user-agent": "finnhub-pipe",
        "idempotency-key": encodeURIComponent(`${id} ${time}`),
        "finnhub-pipe-signature": `t=${seconds},v1=${await signatureOf(
          `${seconds}.${body}`,
          this.options.secret,
        )}`,
      },
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    await response.body?.cancel();
    return response.status;
  }
}

/** HMAC-SHA256 of a text, in hexadecimal digits. */
export async function signatureOf(text: string, secret: string): Promise<string> {
  const bytes = (each: string) => new TextEncoder().encode(each);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes(secret), algorithm, false, ["sign"]);
  return [...new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes(text)))]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
