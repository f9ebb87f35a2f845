import { assert, assertEquals } from "@std/assert";
import { rootTest } from "../../needs.ts";
import { progressOnStderr } from "../../services/progress.ts";
import { fillTemplate } from "../../services/template.ts";
import { until } from "../../services/until.ts";
import { imageName, startCluster, type TestCluster } from "../cluster/mod.ts";
import { storedTrades } from "./stored.ts";

/** Waits until more trades are stored than `before`, and returns how many. */
async function moreTrades(cluster: TestCluster, before: number): Promise<number> {
  let stored = before;
  await until(`more than ${before} trades`, async () => {
    stored = await storedTrades(cluster);
    return stored > before || `${stored} are stored`;
  }, { interval: 500, deadline: 90_000 });
  return stored;
}

rootTest(
  "the images carry trades into Cassandra in real pods, and go on after a pod is deleted",
  async (t) => {
    const progress = progressOnStderr();
    await using cluster = await startCluster({ mode: "real", progress });
    const ready = async (...names: string[]) => {
      const started = performance.now();
      await Promise.all(names.map((name) => cluster.kubectl("rollout", "status", name, "--timeout=150s")));
      progress(`${names.join(", ")}: ready after ${((performance.now() - started) / 1000).toFixed(1)} s`);
    };

    await t.step("ZooKeeper, Kafka and Cassandra start as the public images do", async () => {
      const [kafka, store, own] = await Promise.all([
        imageName("kafka"),
        imageName("cassandra"),
        imageName("finnhub-pipe"),
      ]);
      const values = { kafka, cassandra: store, own };
      await cluster.apply(await fillTemplate("pipeline.yaml", values, new URL(import.meta.url)));
      await ready("statefulset/zookeeper", "statefulset/kafka", "statefulset/cassandra");
    });

    await t.step("the setup Job ends, and trades are stored", async () => {
      await cluster.kubectl("wait", "job/setup", "--for=condition=Complete", "--timeout=120s");
      await ready("deployment/roles");
      progress(`${await moreTrades(cluster, 0)} trades are stored`);
    });

    await t.step("nodetool asks the server", async () => {
      const status = await cluster.kubectl("exec", "cassandra-0", "--", "nodetool", "status");
      assert(/^UN /m.test(status), status);
    });

    for (const name of ["kafka", "cassandra"]) {
      await t.step(`a deleted ${name} pod comes back with its data`, async () => {
        const before = await storedTrades(cluster);
        await cluster.kubectl("delete", "pod", `${name}-0`);
        await ready(`statefulset/${name}`);
        assert(await storedTrades(cluster) >= before);
        await moreTrades(cluster, before);
      });
    }

    await t.step("the pods ran as the users that they were told to", async () => {
      const users = ["kafka", "cassandra"].map((name) =>
        cluster.kubectl("exec", `${name}-0`, "--", "id", "-u")
      );
      assertEquals((await Promise.all(users)).map((text) => text.trim()), ["1000", "999"]);
    });
  },
);
