/** Follows single messages through the pipeline. */
export interface Tracer {
  /** Begins a span; undefined when its trace is not among those that are followed. */
  begin(name: string, options: SpanOptions): Span | undefined;
  /** Sends what waits to be sent. */
  close(): Promise<void>;
}

export interface SpanOptions {
  kind: "producer" | "consumer";
  /** The span that it belongs to, as a W3C traceparent. Whether it is followed was decided there. */
  parent?: string;
  /** Milliseconds since the epoch. Default now. */
  startTime?: number;
  /** Names as in OpenTelemetry's semantic conventions for messaging, where they have one. */
  attributes: Record<string, string | number>;
}

export interface Span {
  /** W3C traceparent, for the one who goes on with it. */
  readonly traceparent: string;
  /** Ends it now, with what went wrong if anything did. */
  end(error?: unknown): void;
}

/** Header of a message that carries a traceparent. */
export const TRACE_HEADER = "traceparent";

/** W3C Trace Context, level 1: version, trace id, span id, flags. */
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Its ids and whether it is followed; undefined for what is none. */
export function readTraceparent(
  text: string,
): { traceId: string; spanId: string; sampled: boolean } | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(text) ?? [];
  if (traceId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId!)) return undefined;
  return { traceId, spanId: spanId!, sampled: (Number.parseInt(flags!, 16) & 1) === 1 };
}
