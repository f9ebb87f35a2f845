import { assertEquals } from "@std/assert";
import { readTraceparent } from "../../../src/telemetry/tracing.ts";

Deno.test("readTraceparent() reads what W3C Trace Context says, and nothing else", () => {
  const [traceId, spanId] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];
  assertEquals(readTraceparent(`00-${traceId}-${spanId}-01`), { traceId, spanId, sampled: true });
  assertEquals(readTraceparent(`00-${traceId}-${spanId}-00`), { traceId, spanId, sampled: false });
  for (
    const wrong of [
      "",
      `00-${traceId}-${spanId}`,
      `01-${traceId}-${spanId}-01`,
      `00-${"0".repeat(32)}-${spanId}-01`,
      `00-${traceId}-${"0".repeat(16)}-01`,
      `00-${traceId.toUpperCase()}-${spanId}-01`,
      `00-${traceId}-${spanId}-01-more`,
    ]
  ) assertEquals(readTraceparent(wrong), undefined, wrong);
});
