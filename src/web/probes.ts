import { Hono } from "hono";
import type { MetricRegistry } from "../telemetry/metrics.ts";

/** Why a process is not ready; empty when it is. */
export type ReadinessCheck = () => string[];

/**
 * `/healthz` (the process answers), `/readyz` (it does its work; else 503 with the reasons) and `/metrics`.
 *
 * @example
 * ```ts
 * const app = probes({ registry, notReady: () => connected ? [] : ["not connected to the feed"] });
 * (await app.request("/readyz")).status; // 200 or 503
 * ```
 */
export function probes({ registry, notReady }: { registry: MetricRegistry; notReady: ReadinessCheck }): Hono {
  const app = new Hono();
  app.get("/healthz", (c) => c.text("ok\n"));
  app.get("/readyz", (c) => {
    const reasons = notReady();
    return reasons.length === 0 ? c.text("ready\n") : c.text(`not ready: ${reasons.join("; ")}\n`, 503);
  });
  app.get("/metrics", (c) => c.text(registry.text(), 200, { "content-type": "text/plain; version=0.0.4" }));
  return app;
}
