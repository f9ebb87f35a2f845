import type { Hono } from "hono";
import type { OperatorStatus } from "../operator/status_view.ts";
import type { MetricRegistry } from "../telemetry/metrics.ts";
import { EventStreams } from "./event_stream.ts";
import flow from "./operator/flow.js" with { type: "text" };
import icon from "./operator/icon.svg" with { type: "text" };
import page from "./operator/page.html" with { type: "text" };
import script from "./operator/page.js" with { type: "text" };
import style from "./operator/page.css" with { type: "text" };
import { probes, type ReadinessCheck } from "./probes.ts";

export interface OperatorAppOptions {
  status(): OperatorStatus;
  /** The status now, and each time it has changed, until the signal is aborted. */
  changes(signal: AbortSignal): AsyncIterable<OperatorStatus>;
  registry: MetricRegistry;
  ready: ReadinessCheck;
  /** Ends the event streams: a server does not close while one is open. */
  signal: AbortSignal;
}

const FILES = [
  ["/", page, "text/html"],
  ["/page.css", style, "text/css"],
  ["/page.js", script, "text/javascript"],
  ["/flow.js", flow, "text/javascript"],
  ["/icon.svg", icon, "image/svg+xml"],
] as const;

/** Nothing but our own files and events; nothing inline; in nobody's frame. */
const SECURITY: Record<string, string> = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "x-frame-options": "DENY",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

/**
 * The operator's HTTP side: probes and metrics, `/status` as JSON, `/events` as server-sent events, and at `/` a page for
 * the person on call.
 *
 * @example
 * ```ts
 * const app = operatorApp({ status, changes, registry, ready: () => [], signal });
 * (await app.request("/status")).json(); // an OperatorStatus
 * ```
 */
export function operatorApp({ changes, ready, registry, signal, status }: OperatorAppOptions): Hono {
  const streams = new EventStreams({ changes, signal });
  registry.gaugeOf(
    "finnhub_pipe_operator_page_clients",
    "Browsers that follow the operator's page",
    () => streams.clients,
  );
  const app = probes({ registry, notReady: ready });
  app.get("/status", (c) => c.json(status(), 200, { ...SECURITY, "cache-control": "no-store" }));
  app.get("/events", () => {
    const response = streams.respond();
    for (const [name, value] of Object.entries(SECURITY)) response.headers.set(name, value);
    return response;
  });
  for (const [path, text, type] of FILES) {
    const headers = { ...SECURITY, "content-type": `${type}; charset=utf-8`, "cache-control": "no-cache" };
    app.get(path, (c) => c.body(text, 200, headers));
  }
  return app;
}
