import { VERSION } from "./version.ts";
import type { TracingSettings } from "../settings/tracing.ts";
import type { Tracer } from "./tracing.ts";

/** The tracer that the settings ask for. Its library is loaded for it alone. */
export async function openTracer(
  { otlpEndpoint, otlpHeaders, traceRatio }: TracingSettings,
  role: string,
): Promise<Tracer | undefined> {
  if (otlpEndpoint === undefined) return undefined;
  const { otlpTracer } = await import("./otlp_tracer.ts");
  return otlpTracer({
    endpoint: otlpEndpoint,
    headers: otlpHeaders,
    ratio: traceRatio,
    role,
    version: VERSION,
  });
}
