import { assert, assertEquals } from "@std/assert";
import { parse, stringify } from "@std/yaml";
import operated from "../../manifests/cassandra/cassandra.yaml" with { type: "text" };
import { integrationTest } from "../needs.ts";
import { startCassandra } from "../services/mod.ts";
import { takesSessions } from "../services/cql_probe.ts";
import { probing } from "../services/exchange.ts";

const ROWS = Array.from({ length: 400 }, (_, id) => id);

/** What a node would start with, but for how it comes into the ring: that is the operator's. */
function joining(own: string): string {
  const { initial_token: _, auto_bootstrap: __, ...here } = parse(own) as Record<string, unknown>;
  const address = (_: string, node: string) => `127.0.0.${Number(node) + 1}:${here.storage_port}`;
  const text = operated.replace(/cassandra-(\d)\.cassandra-headless/g, address);
  const { seed_provider, num_tokens } = parse(text) as Record<string, unknown>;
  return stringify({ ...here, seed_provider, num_tokens });
}

integrationTest(
  "a second Cassandra node takes over the rows that become its own: all are found on both",
  async () => {
    const { default: { Client } } = await import("cassandra-driver");
    const connect = (host: string, port: number) =>
      new Client({ contactPoints: [`${host}:${port}`], localDataCenter: "datacenter1", keyspace: "system" });
    let filled = false;
    await using cassandra = await startCassandra({
      nodes: 2,
      configured: {
        yaml: joining,
        // A node that joins has to hear of the others and of the schema first; other tests' nodes know all beforehand.
        flags: ["-Dcassandra.ring_delay_ms=5000"],
        // The second node is started once the first is ready, which is when it has the rows.
        ready: async (host, port) => {
          const ready = await probing(() => takesSessions({ host, port }));
          if (ready === true && !filled) {
            filled = true;
            const client = connect(host, port);
            await client.execute(
              "CREATE KEYSPACE grown WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
            );
            await client.execute("CREATE TABLE grown.rows (id int PRIMARY KEY)");
            await Promise.all(
              ROWS.map((id) =>
                client.execute("INSERT INTO grown.rows (id) VALUES (?)", [id], { prepare: true })
              ),
            );
            await client.shutdown();
          }
          return ready;
        },
      },
    });
    for (const host of cassandra.hosts) {
      const client = connect(host, cassandra.port);
      const { rows } = await client.execute("SELECT id FROM grown.rows");
      const { rows: [own] } = await client.execute("SELECT bootstrapped FROM system.local");
      await client.shutdown();
      assertEquals(
        rows.map((row) => row.get("id")).toSorted((a, b) => a - b),
        ROWS,
        host,
      );
      assert(own!.get("bootstrapped") === "COMPLETED", host);
    }
  },
);
