import type { Hono } from "hono";
import type { OperatorStatus } from "../operator/status/status_view.ts";
import type { MetricRegistry } from "../telemetry/metrics.ts";
import { EventStreams } from "./event_stream.ts";
import flow from "./operator/flow.js" with { type: "text" };
import icon from "./operator/icon.svg" with { type: "text" };
import page from "./operator/page.html" with { type: "text" };
import script from "./operator/page.js" with { type: "text" };
import style from "./operator/page.css" with { type: "text" };
import { probes, type ReadinessCheck } from "./probes.ts";
import { securityHeaders, serveFiles, type StaticFile } from "./static_files.ts";

export interface OperatorAppOptions {
  status(): OperatorStatus;
  /** The status now, and each time it has changed, until the signal is aborted. */
  changes(signal: AbortSignal): AsyncIterable<OperatorStatus>;
  registry: MetricRegistry;
  ready: ReadinessCheck;
  /** Ends the event streams: a server does not close while one is open. */
  signal: AbortSignal;
}

const FILES: readonly StaticFile[] = [
  ["/", page, "text/html"],
  ["/page.css", style, "text/css"],
  ["/page.js", script, "text/javascript"],
  ["/flow.js", flow, "text/javascript"],
  ["/icon.svg", icon, "image/svg+xml"],
];

const SECURITY = securityHeaders();

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
  serveFiles(app, FILES, SECURITY);
  return app;
}
