import { VERSION } from "../cli.ts";
import type { Settings } from "../settings.ts";
import type { Tracer } from "../telemetry/tracing.ts";

export type TracingSettings = Pick<Settings, "otlpEndpoint" | "otlpHeaders" | "traceRatio">;

/** The tracer that the settings ask for. Its library is loaded for it alone. */
export async function openTracer(
  { otlpEndpoint, otlpHeaders, traceRatio }: TracingSettings,
  role: string,
): Promise<Tracer | undefined> {
  if (otlpEndpoint === undefined) return undefined;
  const { otlpTracer } = await import("../telemetry/otlp_tracer.ts");
  return otlpTracer({
    endpoint: otlpEndpoint,
    headers: otlpHeaders,
    ratio: traceRatio,
    role,
    version: VERSION,
  });
}
