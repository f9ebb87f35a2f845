import type { Span, Tracer } from "../telemetry/tracing.ts";
import type { LogMessage } from "./ports.ts";

/** Begins a span for each message that its sender follows. */
export function follow(
  messages: readonly LogMessage[],
  { partition, topic, tracer }: { partition: number; topic: string; tracer?: Tracer | undefined },
): Span[] {
  if (!tracer) return [];
  return messages.flatMap(({ offset, traceparent }) => {
    if (traceparent === undefined) return [];
    const attributes = {
      "messaging.system": "kafka",
      "messaging.operation.name": "process",
      "messaging.destination.name": topic,
      "messaging.destination.partition.id": String(partition),
      "messaging.kafka.offset": offset,
    };
    const span = tracer.begin(`process ${topic}`, { kind: "consumer", parent: traceparent, attributes });
    return span === undefined ? [] : [span];
  });
}

/** Ends spans when all writes are acknowledged, or one is given up. */
export function endWith(spans: readonly Span[], writes: readonly Promise<void>[]): void {
  Promise.all(writes).then(
    () => spans.forEach((span) => span.end()),
    (error) => spans.forEach((span) => span.end(error)),
  );
}
