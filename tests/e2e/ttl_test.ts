import { assertEquals, assertStringIncludes } from "@std/assert";
import { encodeMessage } from "../../src/market/message.ts";
import { integrationTest } from "../needs.ts";
import { takesSessions } from "../services/cql_probe.ts";
import { startCassandra } from "../services/mod.ts";
import { sharedServices } from "../services/shared.ts";
import { assertStored } from "./check.ts";
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
  "a time to live beyond Cassandra's last date is refused, found by doctor, and named by writes",
  async () => {
    // As every Cassandra is unless it is told otherwise; the tests' own has the later format.
    await using cassandra = await startCassandra({
      configured: {
        yaml: (own) =>
          own.replace("storage_compatibility_mode: NONE", "storage_compatibility_mode: CASSANDRA_4"),
        ready: (host, port) => takesSessions({ host, port }),
      },
    });
    const servers = { kafka: services.kafka, cassandra: { hosts: cassandra.hosts, port: cassandra.port } };
    await using pipeline = await Pipeline.join(servers, "ttl");
    const refused = await runToEnd(["setup", "--trades-ttl", "6000d"], pipeline.env);
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, "CASSANDRA_TRADES_TTL: 6000 d ends after 2038-01-19");
    assertStringIncludes(refused.stderr, "storage_compatibility_mode");
    assertEquals((await runToEnd(["setup", "--windows-ttl", "3650d"], pipeline.env)).code, 0);

    await pipeline.session.execute("ALTER TABLE trades WITH default_time_to_live = 518400000");
    const { code, stdout } = await runToEnd(["doctor", "--checks", "cassandra"], pipeline.env);
    assertEquals(code, 1);
    assertStringIncludes(stdout, "trades: 6000 d ends after 2038-01-19");
    await writeTopic(pipeline, [encodeMessage([trade(1)])]);
    const processor = pipeline.start("processor");
    await processor.says(/maximum supported expiration date.*CASSANDRA_TRADES_TTL/);
    const { text } = await processor.readiness();
    assertStringIncludes(text, "the store does not take writes since 20");
    assertStringIncludes(text, "CASSANDRA_TRADES_TTL");
    assertEquals((await runToEnd(["setup"], pipeline.env)).code, 0);
    await pipeline.drained();
    await assertStored(pipeline, [trade(1)]);
  },
);
