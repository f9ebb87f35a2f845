import { assert, assertEquals } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { sharedServices } from "../services/shared.ts";
import { Pipeline } from "./pipeline.ts";

const services = await sharedServices();

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  service: string;
  key: string | undefined;
}

interface Attribute {
  key: string;
  value: { stringValue?: string };
}

interface OtlpBody {
  resourceSpans: {
    resource: { attributes: Attribute[] };
    scopeSpans: { spans: (OtlpSpan & { attributes: Attribute[] })[] }[];
  }[];
}

/** Receives OTLP over HTTP. */
function receiver() {
  const spans: OtlpSpan[] = [];
  const keys = new Set<string | null>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    if (new URL(request.url).pathname !== "/v1/traces") return new Response(null, { status: 404 });
    keys.add(request.headers.get("x-key"));
    const { resourceSpans } = await request.json() as OtlpBody;
    const valueOf = (attributes: Attribute[], name: string) =>
      attributes.find(({ key }) => key === name)?.value.stringValue;
    for (const { resource, scopeSpans } of resourceSpans) {
      for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
        spans.push({
          ...span,
          service: valueOf(resource.attributes, "service.name")!,
          key: valueOf(span.attributes, "messaging.kafka.message.key"),
        });
      }
    }
    return Response.json({});
  });
  const endpoint = `http://127.0.0.1:${server.addr.port}`;
  return { spans, keys, endpoint, [Symbol.asyncDispose]: () => server.shutdown() };
}

integrationTest(
  "a message is followed from the feed to its rows, and only as many as asked for",
  async () => {
    await using collector = receiver();
    await using pipeline = await Pipeline.setUp(services, "tracing");
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: "x-key=secret-key",
      OTEL_TRACES_SAMPLER_ARG: "1",
    };
    const processor = pipeline.start("processor", [], env);
    const simulator = await pipeline.simulator(["--symbols", "A,B", "--rate", "50"]);
    const producer = pipeline.start("producer", ["--tickers", "A,B"], { ...simulator.env, ...env });
    await until("trades to be stored", async () => {
      const stored = await processor.metric("finnhub_pipe_processor_trades_out_total");
      return stored > 100 || `${stored}`;
    });
    // A role that stops sends what waits.
    assertEquals((await producer.stop()).code, 0);
    await pipeline.drained();
    assertEquals((await processor.stop()).code, 0);

    const sent = collector.spans.filter(({ service }) => service === "finnhub-pipe-producer");
    const processed = collector.spans.filter(({ service }) => service === "finnhub-pipe-processor");
    assertEquals(sent.length, await pipeline.messages());
    assertEquals(new Set(sent.map(({ key }) => key)), new Set(["A", "B"]));
    const byId = new Map(sent.map((span) => [span.spanId, span]));
    assertEquals(processed.length, sent.length);
    for (const span of processed) {
      const parent = byId.get(span.parentSpanId!)!;
      assertEquals([span.traceId, span.name], [parent.traceId, `process ${pipeline.topic}`]);
      assert(BigInt(parent.startTimeUnixNano) <= BigInt(span.endTimeUnixNano), "feed before row");
    }
    assertEquals(collector.keys, new Set(["secret-key"]));
    assert(![producer, processor].some(({ stderr, stdout }) => `${stderr}${stdout}`.includes("secret-key")));

    const count = collector.spans.length;
    const silent = pipeline.start("producer", ["--tickers", "A", "--trace-ratio", "0"], {
      ...simulator.env,
      ...env,
    });
    await until(
      "messages without a trace",
      async () => await pipeline.messages() > sent.length + 10 || "not yet",
    );
    assertEquals((await silent.stop()).code, 0);
    assertEquals(collector.spans.length, count);
  },
);
