import type { Hono } from "hono";
import { compress } from "hono/compress";
import type { OperatorStatus } from "../operator/status/operator_status.ts";
import type { MetricRegistry } from "../telemetry/metrics.ts";
import { EventStreams } from "./event_stream.ts";
import { onlyOwnHosts, type OwnHosts } from "./own_hosts.ts";
import { pageFiles } from "./page_files.ts";
import flow from "./pages/operator/flow.css" with { type: "text" };
import html from "./pages/operator/page.html" with { type: "text" };
import layout from "./pages/operator/layout.css" with { type: "text" };
import marks from "./pages/operator/marks.css" with { type: "text" };
import panels from "./pages/operator/panels.css" with { type: "text" };
import { probes, type ReadinessCheck } from "./probes.ts";
import { addressOf } from "./seats.ts";
import { securityHeaders, serveFiles } from "./static_files.ts";

export interface OperatorAppOptions {
  /** The page's bundled script, as `pageScript` has it. */
  script: string;
  status(): OperatorStatus;
  /** The status now, and each time it has changed, until the signal is aborted. */
  changes(signal: AbortSignal): AsyncIterable<OperatorStatus>;
  registry: MetricRegistry;
  ready: ReadinessCheck;
  /** Names that the page answers to; to others it says 421. */
  hosts: OwnHosts;
  /** Ends the event streams: a server does not close while one is open. */
  signal: AbortSignal;
}

const SECURITY = securityHeaders();

/**
 * The operator's HTTP side: probes and metrics, `/status` as JSON, `/events` as server-sent events, and at `/` a page for
 * the person on call.
 *
 * @example
 * ```ts
 * const app = operatorApp({ script, status, changes, registry, ready: () => [], hosts, signal });
 * (await app.request("/status")).json(); // an OperatorStatus
 * ```
 */
export function operatorApp(
  { changes, hosts, ready, registry, script, signal, status }: OperatorAppOptions,
): Hono {
  const streams = new EventStreams({ changes, signal });
  registry.gaugeOf(
    "finnhub_pipe_operator_page_clients",
    "Browsers that follow the operator's page",
    () => streams.clients,
  );
  const app = probes({ registry, notReady: ready });
  // Behind the probes, which kubelets and Prometheus ask for by whatever address they have.
  app.use(onlyOwnHosts(hosts, SECURITY));
  app.use(compress());
  app.get("/status", (c) => c.json(status(), 200, { ...SECURITY, "cache-control": "no-store" }));
  app.get("/events", (c) => {
    // A stream that nobody reads would never end.
    const response = c.req.method === "HEAD" ? c.body(null) : streams.respond(addressOf(c));
    for (const [name, value] of Object.entries(SECURITY)) response.headers.set(name, value);
    return response;
  });
  serveFiles(app, pageFiles({ html, script, styles: [layout, marks, flow, panels] }), SECURITY);
  return app;
}
