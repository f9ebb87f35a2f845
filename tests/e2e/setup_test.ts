import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { encodeMessage } from "../../src/market/message.ts";
import { integrationTest } from "../needs.ts";
import { until } from "../services/mod.ts";
import { sharedServices } from "../services/shared.ts";
import { assertStored } from "./check.ts";
import { ownSession } from "./own_session.ts";
import { Pipeline } from "./pipeline.ts";
import { runToEnd } from "./role.ts";
import { writeTopic } from "./topic.ts";

const services = await sharedServices();

const trade = (price: number) => ({
  symbol: "X",
  price,
  volume: 1,
  time: Date.UTC(2024, 0, 1),
  conditions: [],
});

integrationTest(
  "setup makes topics and tables as wanted, and changes nothing when it runs again",
  async () => {
    await using pipeline = await Pipeline.setUp(services, "setup", {
      KAFKA_PARTITIONS: "3",
      KAFKA_RETENTION: "2h",
      CASSANDRA_TRADES_TTL: "1d",
    });
    const admin = await pipeline.admin();
    const { topics } = await admin.fetchTopicMetadata({ topics: [pipeline.topic, `${pipeline.topic}.dlq`] });
    const partitions = new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
    assertEquals([partitions.get(pipeline.topic), partitions.get(`${pipeline.topic}.dlq`)], [3, 1]);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: pipeline.topic, configNames: ["retention.ms"] }],
    });
    assertEquals(resources[0]!.configEntries[0]!.configValue, "7200000");
    const ttl = "SELECT table_name, default_time_to_live FROM system_schema.tables WHERE keyspace_name = ?";
    const kept = await pipeline.session.execute(ttl, [pipeline.env.CASSANDRA_KEYSPACE], { prepare: true });
    const seconds = new Map(kept.rows.map((row) => [row.get("table_name"), row.get("default_time_to_live")]));
    assertEquals([seconds.get("trades"), seconds.get("candles")], [86_400, 31_536_000]);

    const before = await pipeline.rows("SELECT scope, version, applied_at FROM schema_migrations");
    const again = await runToEnd(["setup"], pipeline.env);
    assertEquals(again.code, 0);
    for (const word of ["made", "applied", "kept", "epoch"]) {
      assert(
        !again.stdout.includes(word),
        again.stdout,
      );
    }
    assertEquals(await pipeline.rows("SELECT scope, version, applied_at FROM schema_migrations"), before);

    const changed = await runToEnd(["setup", "--trades-ttl", "0"], pipeline.env);
    assertStringIncludes(changed.stdout, "trades: rows are kept for ever");
  },
);

integrationTest("four setups at once leave one schema and one epoch", async () => {
  await using pipeline = await Pipeline.join(services, "at-once");
  const runs = await Promise.all([1, 2, 3, 4].map(() => runToEnd(["setup"], pipeline.env)));
  for (const { code, stderr, stdout } of runs) assertEquals(code, 0, stdout + stderr);
  const applied = runs.filter(({ stdout }) => stdout.includes("applied 001-trades"));
  assertEquals(applied.length, 1);
  assertEquals((await pipeline.rows("SELECT epoch FROM source_epochs")).length, 1);
});

integrationTest("a keyspace that the node does not know yet is waited for", async () => {
  const { connectToKeyspace } = await import("../../src/cassandra/keyspace.ts");
  const keyspace = `late_${crypto.randomUUID().slice(0, 8)}`;
  const bare = await ownSession(services, undefined);
  let tries = 0;
  const open = () => {
    tries++;
    return ownSession(services, keyspace);
  };
  try {
    const connecting = connectToKeyspace(open, new AbortController().signal);
    await until("a refusal", () => Promise.resolve(tries > 1 || "none"));
    await bare.execute(
      `CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 1}`,
      [],
      { prepare: false },
    );
    await (await connecting).shutdown();
    await bare.execute(`DROP KEYSPACE ${keyspace}`, [], { prepare: false });
  } finally {
    await bare.shutdown();
  }
});

integrationTest("setup gives up with the setting's name when a server is not there", async () => {
  const { code, stderr, stdout } = await runToEnd(["setup", "--wait", "1s"], {
    KAFKA_SERVER: "127.0.0.1:1",
    CASSANDRA_HOST: "127.0.0.1:1",
  });
  assertEquals(code, 1);
  assertStringIncludes(stdout, "not there yet");
  assertStringIncludes(stderr, "--wait");
  assert(/KAFKA_SERVER|CASSANDRA_HOST/.test(stderr), stderr);
});

integrationTest(
  "partitions are raised only when told and drained, and offsets then count in a new epoch",
  async () => {
    await using pipeline = await Pipeline.setUp(services, "raise", { KAFKA_PARTITIONS: "1" });
    const more = { ...pipeline.env, KAFKA_PARTITIONS: "5" };
    const untold = await runToEnd(["setup"], more);
    assertEquals(untold.code, 0);
    assertStringIncludes(untold.stdout, "--raise-partitions");

    await writeTopic(pipeline, [encodeMessage([trade(1)]), encodeMessage([trade(2)])]);
    const undrained = await runToEnd(["setup", "--raise-partitions"], more);
    assertEquals(undrained.code, 1);
    assertStringIncludes(undrained.stderr, "Stop the producer");

    const first = pipeline.start("processor");
    await pipeline.drained();
    await first.stop();
    const raised = await runToEnd(["setup", "--raise-partitions"], more);
    assertEquals(raised.code, 0, raised.stderr);
    assertStringIncludes(raised.stdout, "raised from 1 to 5");
    assertStringIncludes(raised.stdout, "epoch 2");

    // The same symbol, now perhaps in another partition with offsets from 0: its window goes on.
    await writeTopic(pipeline, [encodeMessage([trade(3)])]);
    pipeline.start("processor");
    await pipeline.drained();
    await assertStored(pipeline, [trade(1), trade(2), trade(3)]);
  },
);

integrationTest(
  "setup waits until running processors have new partitions: nothing is stored twice",
  async () => {
    await using pipeline = await Pipeline.setUp(services, "raise-running", { KAFKA_PARTITIONS: "1" });
    await writeTopic(pipeline, [encodeMessage([trade(1)])]);
    const processor = pipeline.start("processor");
    await pipeline.drained();
    const { code, stderr, stdout } = await runToEnd(["setup", "--raise-partitions"], {
      ...pipeline.env,
      KAFKA_PARTITIONS: "3",
    });
    assertEquals(code, 0, stderr);
    assertStringIncludes(stdout, "waiting until its processors have the new partitions");
    // It is a member with all of them when setup has ended.
    assertMatch(processor.stderr, /"partitions":"0,1,2"/);
    await writeTopic(pipeline, [encodeMessage([trade(2)])]);
    await pipeline.drained();
    await assertStored(pipeline, [trade(1), trade(2)]);
  },
);

integrationTest("a topic that was made anew is told apart: its offset 0 is another trade", async () => {
  await using pipeline = await Pipeline.setUp(services, "anew", { KAFKA_PARTITIONS: "1" });
  await writeTopic(pipeline, [encodeMessage([trade(1)])]);
  const first = pipeline.start("processor");
  await pipeline.drained();
  await first.stop();
  const admin = await pipeline.admin();
  await admin.deleteTopics({ topics: [pipeline.topic] });
  const { code, stderr, stdout } = await runToEnd(["setup"], pipeline.env);
  assertEquals(code, 0, stderr);
  assertStringIncludes(stdout, "epoch 2");
  await writeTopic(pipeline, [encodeMessage([trade(2)])]);
  pipeline.start("processor");
  await pipeline.drained();
  await assertStored(pipeline, [trade(1), trade(2)]);
});
