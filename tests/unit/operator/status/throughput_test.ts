import { assertEquals } from "@std/assert";
import type { KubernetesObject } from "../../../../src/kubernetes/cluster.ts";
import { feedMetrics } from "../../../../src/finnhub/feed_metrics.ts";
import { readSample, ThroughputProbe } from "../../../../src/operator/status/throughput.ts";
import { processorMetrics } from "../../../../src/processing/processor_metrics.ts";
import { MetricRegistry } from "../../../../src/telemetry/metrics.ts";
import { FakeTime } from "../../finnhub/fake_time.ts";

function pod(role: string, podIP: string, phase = "Running"): KubernetesObject {
  const metadata = { name: `${role}-${podIP}`, uid: podIP, labels: { "app.kubernetes.io/name": role } };
  return { apiVersion: "v1", kind: "Pod", metadata, status: { phase, podIP } };
}

const processor = (trades: number, lag: number) =>
  `finnhub_pipe_processor_trades_out_total ${trades}\nfinnhub_pipe_processor_lag{partition="0"} ${lag}\n`;

/** A probe of pods whose metrics the test sets, by address; one without metrics does not answer. */
function setUp(pods: KubernetesObject[], metrics: Record<string, string>) {
  const time = new FakeTime();
  const stop = new AbortController();
  const asked: string[] = [];
  const probe = new ThroughputProbe({
    pods: () => pods,
    now: () => time.now,
    fetch: (url, signal) => {
      asked.push(url);
      const text = metrics[new URL(url).hostname];
      return text === undefined
        ? new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
        : Promise.resolve(new Response(text));
    },
  });
  const running = probe.run(stop.signal);
  return {
    probe,
    time,
    asked,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      assertEquals(time.pending, 0);
      time[Symbol.dispose]();
    },
  };
}

Deno.test("throughput: rate and lag are summed over the processors, the feed is the producer's", async () => {
  const pods = [pod("processor", "10.0.0.1"), pod("processor", "10.0.0.2"), pod("producer", "10.0.0.3")];
  const metrics: Record<string, string> = {
    "10.0.0.1": processor(1_000, 5),
    "10.0.0.2": processor(0, 7),
    "10.0.0.3": "finnhub_pipe_feed_connected 1\n",
  };
  await using setup = setUp(pods, metrics);
  await setup.time.settle();
  assertEquals(setup.probe.latest, { tradesPerSecond: 0, lagRecords: 12, producerConnected: true });
  metrics["10.0.0.1"] = processor(1_500, 0);
  // This one was started anew.
  metrics["10.0.0.2"] = processor(250, 1);
  metrics["10.0.0.3"] = "finnhub_pipe_feed_connected 0\n";
  await setup.time.advance(5_000);
  assertEquals(setup.probe.latest, { tradesPerSecond: 150, lagRecords: 1, producerConnected: false });
  assertEquals(setup.asked[0], "http://10.0.0.1:8080/metrics");
});

Deno.test("throughput: a processor that started anew does not make the rate negative", async () => {
  const metrics = { "10.0.0.1": processor(1_000_000, 0) };
  await using setup = setUp([pod("processor", "10.0.0.1")], metrics);
  await setup.time.settle();
  metrics["10.0.0.1"] = processor(500, 0);
  await setup.time.advance(5_000);
  assertEquals(setup.probe.latest?.tradesPerSecond, 100);
});

Deno.test("throughput: nothing is claimed when a processor does not answer in 2 s, and pods that end are not asked", async () => {
  const leaving = pod("processor", "10.0.0.9");
  leaving.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
  await using setup = setUp(
    [pod("processor", "10.0.0.1"), leaving, pod("processor", "10.0.0.8", "Pending")],
    {},
  );
  await setup.time.advance(2_000);
  assertEquals([setup.probe.latest, setup.asked.length], [undefined, 1]);
});

Deno.test("throughput: the names are those that the roles use", () => {
  const registry = new MetricRegistry();
  const metrics = processorMetrics(registry);
  metrics.tradesOut.add(7);
  metrics.lag.set(3, { partition: "0" });
  metrics.lag.set(4, { partition: "1" });
  feedMetrics(registry).connected.set(1);
  assertEquals(readSample(registry.text()), { trades: 7, lag: 7, connected: true });
});
