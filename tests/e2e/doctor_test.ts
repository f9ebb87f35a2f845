import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Finding } from "../../src/doctor/finding.ts";
import { integrationTest } from "../needs.ts";
import { freePorts } from "../services/ports.ts";
import { sharedServices } from "../services/shared.ts";
import { Pipeline } from "./pipeline.ts";
import { runToEnd } from "./role.ts";

const services = await sharedServices();

async function examined(env: Record<string, string>, args: string[] = []) {
  const { code, stderr, stdout } = await runToEnd(["doctor", "--json", ...args], env);
  assert(!`${stdout}${stderr}`.includes("secret-token"), "the token was shown");
  const findings = JSON.parse(stdout) as Finding[];
  return { code, findings, states: findings.map(({ state, subject }) => `${subject}: ${state}`) };
}

integrationTest(
  "doctor says what is missing before and after setup, and that all is well while it runs",
  async () => {
    await using pipeline = await Pipeline.join(services, "doctor");
    const simulator = await pipeline.simulator(["--symbols", "A", "--rate", "20"]);
    const env = {
      ...pipeline.env,
      ...simulator.env,
      FINNHUB_STOCKS_TICKERS: "A",
      KUBECONFIG: "",
      HOME: "/nowhere",
    };

    const before = await examined(env);
    assertEquals(before.code, 1);
    assertEquals(before.states, [
      "feed search: ok",
      "feed symbol: ok",
      "clock, feed: ok",
      "feed websocket: skipped",
      "kafka brokers: ok",
      "kafka release: warning",
      "kafka topic: failed",
      "kafka topic: failed",
      "registry: skipped",
      "cassandra nodes: ok",
      "cassandra release: ok",
      "clock, cassandra: ok",
      "cassandra tables: failed",
      "cluster: skipped",
    ]);
    for (const { remedy, state } of before.findings) {
      if (state === "failed") {
        assert(remedy!.includes("setup"));
      }
    }

    assertEquals((await runToEnd(["setup"], pipeline.env)).code, 0);
    const idle = await examined(env, ["--checks", "kafka,cassandra"]);
    assertEquals([idle.code, idle.states.at(4)], [0, "kafka group: warning"]);

    const processor = pipeline.start("processor");
    await processor.says(/partitions assigned/);
    const well = await examined(env, ["--connect-feed"]);
    assertEquals(well.states.filter((state) => !state.endsWith("ok")), [
      // The tests' Kafka is at the end of its support.
      "kafka release: warning",
      "registry: skipped",
      "cluster: skipped",
    ]);
    const socket = well.findings.find(({ subject }) => subject === "feed websocket")!;
    assertEquals([well.code, socket.says], [0, "connected, and trades come"]);

    const release = well.findings.find(({ subject }) => subject === "kafka release")!;
    assertEquals(release.says, "3.9, ZooKeeper mode; the support of ZooKeeper mode ended on 2025-11-06");
    assertEquals(well.findings.find(({ subject }) => subject === "cassandra release")!.says, "5.0.9");

    const unfit = await examined({
      ...env,
      KAFKA_REPLICATION: "3",
      CASSANDRA_REPLICATION: "3",
      PROCESSOR_SESSION_TIMEOUT: "100ms",
    }, ["--checks", "kafka,cassandra"]);
    const settings = unfit.findings.filter(({ subject }) => subject.endsWith(" settings"));
    assertEquals(settings.map(({ says, state }) => `${state}: ${says}`), [
      "warning: KAFKA_REPLICATION is 3, and there are 1 broker(s)",
      "failed: PROCESSOR_SESSION_TIMEOUT is 0.1 s; the brokers take 0.5 s to 1800 s",
      "warning: CASSANDRA_REPLICATION is 3, and datacenter1 has 1 node(s)",
    ]);

    const people = await runToEnd(["doctor", "--checks", "cassandra"], env);
    assert(/^ok {3}cassandra nodes +1, all connected$/m.test(people.stdout), people.stdout);
  },
);

integrationTest(
  "doctor says of servers that are not there which settings to check, within seconds",
  async () => {
    const [port] = freePorts(1) as [number];
    const start = performance.now();
    const { code, findings } = await examined({
      FINNHUB_API_TOKEN: "secret-token",
      FINNHUB_REST_URL: `http://127.0.0.1:${port}`,
      KAFKA_SERVER: `127.0.0.1:${port}`,
      SCHEMA_REGISTRY_URL: `http://127.0.0.1:${port}`,
      CASSANDRA_HOST: `127.0.0.1:${port}`,
      KUBECONFIG: "/nowhere",
    });
    assertEquals(code, 1);
    assertEquals(findings.map(({ state, subject }) => `${subject}: ${state}`), [
      "feed: failed",
      "kafka: failed",
      "registry: failed",
      "cassandra: failed",
      "cluster: failed",
    ]);
    const settings = [
      "FINNHUB_REST_URL",
      "KAFKA_SERVER",
      "SCHEMA_REGISTRY_URL",
      "CASSANDRA_HOST",
      "--kubeconfig",
    ];
    for (const [i, setting] of settings.entries()) {
      assert(findings[i]!.remedy!.includes(setting), findings[i]!.remedy);
    }
    assert(performance.now() - start < 30_000);
  },
);

integrationTest("doctor says within seconds that a port is refused, and which setting names it", async () => {
  const [port] = freePorts(1, ["127.0.0.1"]);
  for (
    const [check, env, remedy] of [
      ["kafka", { KAFKA_PORT: String(port) }, "KAFKA_PORT"],
      ["cassandra", { CASSANDRA_PORT: String(port) }, "CASSANDRA_PORT"],
      ["registry", { SCHEMA_REGISTRY_URL: `http://127.0.0.1:${port}` }, "SCHEMA_REGISTRY_URL"],
    ] as const
  ) {
    const started = performance.now();
    const { code, findings } = await examined(env, ["--checks", check]);
    assertEquals([code, findings.length, findings[0]!.state], [1, 1, "failed"]);
    assertStringIncludes(findings[0]!.remedy ?? "", remedy);
    const seconds = (performance.now() - started) / 1000;
    assert(seconds < 3, `${check}: ${seconds} s`);
  }
});
