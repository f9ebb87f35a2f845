import { assert, assertEquals } from "@std/assert";
import { TRANSPORT } from "../../src/operator/security/transport.ts";
import { integrationTest } from "../needs.ts";
import { progressOnStderr } from "../services/progress.ts";
import { until } from "../services/until.ts";
import { type Json, Operating } from "./operating.ts";

const SERVERS = ["zookeeper", "kafka", "cassandra"];
const PIPELINE = new URL("fixtures/ha.yaml", import.meta.url).pathname;

integrationTest("profile ha: three of each server on three nodes, changed one pod at a time", async (t) => {
  const say = progressOnStderr();
  await using stage = await Operating.set();
  const began = performance.now();
  stage.operator(["--pipeline", PIPELINE]);
  await stage.until("Ready", "True", 120_000);
  say(`profile ha was ready after ${Math.round(performance.now() - began)} ms`);
  const pods = (name: string): Promise<Json[]> =>
    stage.list("pods", `--selector=app.kubernetes.io/name=${name}`);

  await t.step("it speaks TLS from the start", async () => {
    for (const server of ["kafka", "cassandra"]) {
      const { spec } = await stage.get("statefulset", server);
      assertEquals(spec.template.metadata.annotations[TRANSPORT], "required");
    }
    assertEquals((await stage.get("fpipe", "pipeline")).status.security.transport, "required");
  });

  await t.step("no two of a kind share a node", async () => {
    for (const server of SERVERS) {
      const nodes = (await pods(server)).map(({ spec }) => spec.nodeName).sort();
      assertEquals(nodes, ["fake-0", "fake-1", "fake-2"], server);
    }
    const processors = (await pods("processor")).map(({ spec }) => spec.nodeName);
    assertEquals([processors.length, new Set(processors).size], [2, 2]);
  });

  for (
    const [server, change] of [
      ["kafka", { kafka: { resources: { limits: { memory: "2Gi" } } } }],
      ["cassandra", { cassandra: { heap: "768M" } }],
    ] as const
  ) {
    await t.step(`${server} is rolled one pod at a time, the next when the one before is ready`, async () => {
      const old = new Set((await pods(server)).map(({ metadata }) => metadata.uid));
      await stage.change(change);
      let fewest = 3;
      await until("three new pods", async () => {
        const now = await pods(server);
        const ready = now.filter(({ status }) =>
          status.conditions?.some(({ status, type }: Json) => type === "Ready" && status === "True")
        );
        fewest = Math.min(fewest, ready.length);
        return now.length === 3 && now.every(({ metadata }) => !old.has(metadata.uid)) &&
            ready.length === 3 || "not yet";
      }, { interval: 10 });
      assert(fewest >= 2, `${fewest} were ready at a time`);
      await stage.until("Ready");
    });
  }

  await t.step("a scale-out adds servers, and the copies stay three", async () => {
    await stage.change({ kafka: { replicas: 5 }, cassandra: { replicas: 4 }, processor: { replicas: 4 } });
    await stage.until("Ready");
    assertEquals([
      (await pods("kafka")).length,
      (await pods("cassandra")).length,
      (await pods("processor")).length,
    ], [5, 4, 4]);
    const { data } = await stage.get("cm", "kafka-config");
    assert(data["server.properties"].includes("\ndefault.replication.factor=3\n"));
  });
});
