import { dirname } from "node:path";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { parse, stringify } from "@std/yaml";
import type cassandra from "cassandra-driver";
import operated from "../../manifests/cassandra/cassandra.yaml" with { type: "text" };
import start from "../../manifests/cassandra/start.sh" with { type: "text" };
import { integrationTest } from "../needs.ts";
import { type CassandraConfigured, type Server, startServices, until } from "../services/mod.ts";
import { takesSessions } from "../services/cql_probe.ts";
import { probing } from "../services/exchange.ts";
import { assertStored } from "./check.ts";
import { Pipeline } from "./pipeline.ts";
import { runToEnd } from "./role.ts";
import { TradeStream } from "./trade_stream.ts";

const ROWS = Array.from({ length: 400 }, (_, id) => id);

/** Nodes that come into the ring as in their pods: by start.sh and what the operator has written of those that have joined. */
class Ring implements CassandraConfigured {
  readonly #folder = Deno.makeTempDirSync({ prefix: "finnhub-pipe-ring-" });
  // A node that joins has to hear of the others and of the schema first; other tests' nodes know all beforehand.
  readonly flags = ["-Dcassandra.ring_delay_ms=5000", "-Dcassandra.load_ring_state=true"];

  yaml(own: string): string {
    const { initial_token: _, auto_bootstrap: __, ...here } = parse(own) as Record<string, unknown>;
    const { seed_provider, num_tokens, allocate_tokens_for_local_replication_factor } = parse(
      operated,
    ) as Record<
      string,
      unknown
    >;
    return stringify({ ...here, seed_provider, num_tokens, allocate_tokens_for_local_replication_factor });
  }

  command(own: string[], { folder, index }: { index: number; folder: string }): string[] {
    const script = start
      .replaceAll("/etc/cassandra-ring", this.#folder)
      .replaceAll("/var/lib/cassandra", folder)
      .replaceAll("/etc/cassandra-config", folder)
      .replaceAll("/tmp/cassandra.yaml", `${folder}/started.yaml`)
      // It would outlive the node, as nothing does in a container.
      .replace("while sleep 60", "while false");
    const addresses = `port=$(sed -n 's/^storage_port: //p' ${folder}/cassandra.yaml)
      for node in 0 1 2; do
        sed -i "s/cassandra-$node.cassandra-headless/127.0.0.$((node + 1)):$port/" ${folder}/started.yaml
      done
      exec "\${@:1:$#-1}" $JVM_EXTRA_OPTS "\${!#}"`;
    return ["bash", "-c", `HOSTNAME=cassandra-${index}\n${script}`, "", "bash", "-c", addresses, "", ...own];
  }

  ready(host: string, port: number): Promise<true | string> {
    return probing(() => takesSessions({ host, port }));
  }

  /** Writes down that the first nodes have joined. */
  joined(count: number): Promise<void> {
    const lines = Array.from({ length: count }, (_, node) => `cassandra-${node} 127.0.0.${node + 1}\n`);
    return Deno.writeTextFile(`${this.#folder}/members`, lines.join(""));
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

/** Starts a server again until it stays, as a kubelet does. */
const startAgain = (server: Server): Promise<void> =>
  server.restart().catch(() => server.restart()).catch(() => server.restart());

/** Asks one node alone for all rows, while it reaches no other. */
async function rowsOf(host: string, port: number, keyspace: string, tables: string[]): Promise<number[]> {
  const { default: { Client, types } } = await import("cassandra-driver");
  const client = new Client({ contactPoints: [`${host}:${port}`], localDataCenter: "datacenter1", keyspace });
  const counts: number[] = [];
  try {
    for (const table of tables) {
      await until(`${host} to count ${table} alone`, async () => {
        try {
          const options = { consistency: types.consistencies.one };
          const { rows } = await client.execute(`SELECT count(*) AS count FROM ${table}`, [], options);
          counts.push(Number(rows[0]!.get("count")));
          return true;
        } catch (error) {
          return String(error);
        }
      });
    }
  } finally {
    await client.shutdown();
  }
  return counts;
}

integrationTest(
  "Cassandra grows from one node to three, and one gets an empty volume, while every row stays readable",
  async (t) => {
    using ring = new Ring();
    await ring.joined(0);
    await using services = await startServices({
      cassandraNodes: 3,
      cassandraJoined: 1,
      configured: { cassandra: ring },
    });
    const { cassandra: store } = services;
    await ring.joined(1);
    await using pipeline = await Pipeline.setUp(services, "grown");
    const { session } = pipeline;
    await session.execute("CREATE TABLE known (id int PRIMARY KEY)");
    await Promise.all(
      ROWS.map((id) => session.execute("INSERT INTO known (id) VALUES (?)", [id], { prepare: true })),
    );
    const processor = pipeline.start("processor");
    await using stream = await TradeStream.start(pipeline, {
      symbols: 4,
      messagesPerSecond: 20,
      tradesPerMessage: 5,
      seed: 13,
    });
    await using watch = new Watch(session);
    const setUp = async (first = "a") => {
      const wish = { CASSANDRA_REPLICATION: "3", CASSANDRA_VOLUMES: `0=${first},1=b,2=c` };
      const { code, stderr, stdout } = await runToEnd(["setup"], { ...pipeline.env, ...wish });
      assertEquals(code, 0, stdout + stderr);
      return stdout;
    };

    await t.step("more replicas than nodes are refused with words", async () => {
      const { code, stderr } = await runToEnd(["setup"], { ...pipeline.env, CASSANDRA_REPLICATION: "2" });
      assertEquals(code, 1);
      assertStringIncludes(stderr, "has 1 node(s): add nodes, or set CASSANDRA_REPLICATION to their number");
    });

    await t.step("two nodes join, one after the other, and take over what becomes their own", async () => {
      for (const count of [2, 3]) {
        await store.join();
        await ring.joined(count);
      }
      await watch.again();
    });

    await t.step("setup gives each row three replicas, one at a time", async () => {
      const said = await setUp();
      for (
        const line of [
          "replica 2 of every row is being filled",
          "2 replicas",
          "replica 3 of every",
          "3 replicas",
        ]
      ) {
        assertStringIncludes(said, line);
      }
      await watch.again();
    });

    await t.step(
      "a setup that was ended between a step and its completion is followed by one that completes it",
      async () => {
        await session.execute(
          "UPDATE schema_migrations SET name = 'begun' WHERE scope = ? AND version = 3",
          [`copies of ${session.keyspace}`],
        );
        assertStringIncludes(await setUp(), "replica 3 of every row is being filled");
        assertEquals(/being filled/.test(await setUp()), false);
      },
    );

    const [first, second, third] = store.servers as [Server, Server, Server];

    await t.step("the first node, with an empty volume, takes its own place", async () => {
      await first.kill();
      for (const part of ["data", "commitlog", "saved_caches", "hints"]) {
        await Deno.remove(`${dirname(first.log)}/${part}`, { recursive: true });
      }
      await startAgain(first);
      await watch.again();
      const { rows } = await session.execute("SELECT peer FROM system.peers");
      assertEquals(rows.length, 2, "no former self is left in the ring");
      assertStringIncludes(await setUp("another"), "node(s) 0: every row is there");
      assertEquals(/new volume/.test(await setUp("another")), false);
    });

    const trades = await stream.stop();
    await pipeline.drained();
    assertEquals((await processor.stop()).code, 0);
    await assertStored(pipeline, trades);
    assertEquals(await watch.end(), []);

    await t.step("each node alone has every row", async () => {
      const tables = ["known", "trades"];
      await second.kill();
      await third.kill();
      const { hosts, port } = store;
      assertEquals(await rowsOf(hosts[0]!, port, session.keyspace!, tables), [ROWS.length, trades.length]);
      await startAgain(third);
      await first.kill();
      assertEquals(await rowsOf(hosts[2]!, port, session.keyspace!, tables), [ROWS.length, trades.length]);
    });
  },
  true,
);

/** Counts known rows at the roles' consistency for as long as it lives. */
class Watch implements AsyncDisposable {
  readonly #wrong: string[] = [];
  #rounds = 0;
  #ended = false;
  readonly #running: Promise<void>;

  constructor(readonly session: cassandra.Client) {
    this.#running = this.#run();
  }

  /** Resolves when two more rounds have ended. */
  async again(): Promise<void> {
    const from = this.#rounds;
    await until(
      "the known rows to be counted twice",
      () => Promise.resolve(this.#rounds > from + 1 || "not yet"),
    );
  }

  /** What was wrong. */
  async end(): Promise<string[]> {
    this.#ended = true;
    await this.#running;
    return this.#wrong;
  }

  async #run(): Promise<void> {
    while (!this.#ended) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      try {
        const { rows } = await this.session.execute("SELECT id FROM known");
        this.#rounds++;
        if (rows.length !== ROWS.length) this.#wrong.push(`${rows.length} of ${ROWS.length} rows`);
      } catch {
        // A node was just killed: what is asked again is answered by another.
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}
