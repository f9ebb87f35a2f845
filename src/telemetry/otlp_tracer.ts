import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace-base";
import { errorText } from "./log.ts";
import { readTraceparent, type Span, type SpanOptions, type Tracer } from "./tracing.ts";

export interface OtlpTracerOptions {
  /** Base address of an OTLP/HTTP receiver; spans go to `/v1/traces` below it. */
  endpoint: URL;
  headers: Record<string, string>;
  /** Share of new traces that are followed, 0 to 1. */
  ratio: number;
  role: string;
  version: string;
}

const KINDS = { producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER };

/** Sends spans as OTLP over HTTP, in batches; a receiver that is away costs spans and nothing else. */
export function otlpTracer({ endpoint, headers, ratio, role, version }: OtlpTracerOptions): Tracer {
  const url = `${endpoint.href.replace(/\/$/, "")}/v1/traces`;
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ "service.name": `finnhub-pipe-${role}`, "service.version": version }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url, headers, timeoutMillis: 5000 }))],
  });
  const tracer = provider.getTracer("finnhub-pipe", version);
  return {
    begin: (name, options) => begin(name, options),
    close: () => provider.shutdown(),
  };

  function begin(name: string, { attributes, kind, parent, startTime }: SpanOptions): Span | undefined {
    const of = parent === undefined ? undefined : readTraceparent(parent);
    const context = of === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, {
      traceId: of.traceId,
      spanId: of.spanId,
      traceFlags: of.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
      isRemote: true,
    });
    const span = tracer.startSpan(name, {
      kind: KINDS[kind],
      attributes,
      ...(startTime === undefined ? {} : { startTime }),
    }, context);
    if (!span.isRecording()) return undefined;
    const { spanId, traceId } = span.spanContext();
    return {
      traceparent: `00-${traceId}-${spanId}-01`,
      end(error) {
        if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: errorText(error) });
        span.end();
      },
    };
  }
}
