import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { integrationTest } from "../needs.ts";
import { startServices, until } from "../services/mod.ts";
import { assertStored } from "./check.ts";
import { Pipeline } from "./pipeline.ts";
import { runToEnd } from "./role.ts";
import { TradeStream } from "./trade_stream.ts";

const DAY = 86_400_000;

integrationTest(
  "topics of one replica get three while trades flow, and then any broker may be lost",
  async (t) => {
    await using services = await startServices({ kafkaBrokers: 3 });
    await using pipeline = await Pipeline.setUp(services, "grown-kafka", { KAFKA_PARTITIONS: "3" });
    const { topic } = pipeline;
    const processor = pipeline.start("processor");
    const stored = () => processor.metric("finnhub_pipe_processor_trades_out_total");
    const goesOn = async () => {
      const before = await stored();
      await until(
        "500 more trades to be stored",
        async () => await stored() > before + 500 || "they are not",
      );
    };
    await using stream = await TradeStream.start(pipeline, {
      symbols: 6,
      messagesPerSecond: 50,
      tradesPerMessage: 5,
      seed: 5,
    });
    const setUp = (env: Record<string, string>) => runToEnd(["setup"], { ...pipeline.env, ...env });
    const ok = async (env: Record<string, string> = {}) => {
      const { code, stderr, stdout } = await setUp(env);
      assertEquals(code, 0, stdout + stderr);
      return stdout;
    };
    const retention = async () => {
      const { resources } = await (await pipeline.admin()).describeConfigs({
        includeSynonyms: false,
        resources: [topic, `${topic}.dlq`].map((name) => ({ type: 2, name, configNames: ["retention.ms"] })),
      });
      return resources.map(({ configEntries }) => Number(configEntries[0]!.configValue));
    };
    await goesOn();

    await t.step("retention is changed where it is said, and else left", async () => {
      assertEquals(await retention(), [7 * DAY, 7 * DAY]);
      assertStringIncludes(
        await ok({ KAFKA_RETENTION: "3d" }),
        `topic ${topic}: keeps messages for 3 d now, before for 7 d`,
      );
      assertEquals(await retention(), [3 * DAY, 3 * DAY]);
      await ok();
      assertEquals(await retention(), [3 * DAY, 3 * DAY]);
    });

    await t.step("more replicas than brokers are refused with words", async () => {
      const { code, stderr } = await setUp({ KAFKA_REPLICATION: "5" });
      assertEquals(code, 1);
      assertStringIncludes(
        stderr,
        "there are 3 broker(s): add brokers, or set KAFKA_REPLICATION to their number",
      );
    });

    await t.step("setup makes the replicas, waits for them, and then lets two acknowledge", async () => {
      const said = await ok({ KAFKA_REPLICATION: "3" });
      for (const name of [topic, `${topic}.dlq`]) {
        assertStringIncludes(said, `topic ${name}: 3 replicas`);
        assertStringIncludes(said, `topic ${name}: a message is acknowledged by 2 replicas now`);
      }
      const admin = await pipeline.admin();
      const { topics } = await admin.fetchTopicMetadata({
        topics: [topic, `${topic}.dlq`, "__consumer_offsets"],
      });
      for (const { name, partitions } of topics) {
        for (const { isr, replicas } of partitions) {
          assertEquals([replicas.length, isr.length], [3, 3], name);
        }
      }
      const again = await ok({ KAFKA_REPLICATION: "3" });
      assert(!/ 3 replicas|acknowledged by/.test(again), again);
      await goesOn();
    });

    await t.step("trades go on with the broker away that had everything", async () => {
      await services.kafka.servers[0]!.kill("SIGKILL");
      await goesOn();
    });

    const trades = await stream.stop();
    await pipeline.drained();
    assertEquals((await processor.stop()).code, 0);
    await assertStored(pipeline, trades);
  },
);
