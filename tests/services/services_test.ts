import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import cassandra from "cassandra-driver";
import { integrationTest } from "../needs.ts";
import { exists } from "./cache.ts";
import { readsFrom, takesSessions } from "./cql_probe.ts";
import { clusterView } from "./kafka_probe.ts";
import { type Cassandra, type Server, startServices, until } from "./mod.ts";
import { ServerProcess } from "./server.ts";
import { fillTemplate } from "./template.ts";
import { fourLetters } from "./zookeeper.ts";

integrationTest("fillTemplate() refuses a missing value and an unused one", async () => {
  await assertRejects(
    () => fillTemplate("zookeeper.properties", { folder: "f" }),
    RangeError,
    "a value for port",
  );
  const values = { folder: "f", port: 1, ports: 2 };
  await assertRejects(() => fillTemplate("zookeeper.properties", values), RangeError, "does not use ports");
});

integrationTest("a server that cannot start is reported with the end of its log", async () => {
  const folder = await Deno.makeTempDir({ prefix: "finnhub-pipe-test-" });
  const probe = () => Promise.resolve(true as const);
  const server = new ServerProcess({
    name: "broken",
    folder,
    command: ["java", "-NoSuchFlag"],
    servesLine: /never/,
    probe,
  });
  const error = await assertRejects(() => server.ready(), Error, "broken ended with 1");
  assertMatch(error.message, /end of its log:\n.*-NoSuchFlag/);
  await server.stop();
  await assertRejects(() => Deno.stat(folder), Deno.errors.NotFound);
});

integrationTest(
  "servers answer, come back after a kill with their data, and leave nothing behind",
  async (t) => {
    const services = await startServices();
    const { zookeeper, kafka, cassandra } = services;
    const servers = [zookeeper, kafka, cassandra].flatMap((group) => group.servers);
    const folders = servers.map(({ log }) => log.split("/").slice(0, -2).join("/"));
    const [broker] = kafka.servers as [Server];
    const [node] = cassandra.servers as [Server];
    const brokerPort = Number(kafka.bootstrap[0]!.split(":")[1]);
    const address = { host: cassandra.hosts[0]!, port: cassandra.port };

    await t.step("all answer", async () => {
      assertMatch(await fourLetters(zookeeper, "srvr"), /Mode: standalone/);
      assertEquals(await clusterView("127.0.0.1", brokerPort), { brokers: 1, controller: 1 });
      assertEquals(await takesSessions(address), true);
      assertEquals(await readsFrom(address, 1), true);
    });

    await t.step("a killed broker is gone from its port and comes back to it", async () => {
      const { pid } = broker;
      await broker.kill();
      assert(!broker.alive);
      await assertRejects(() => clusterView("127.0.0.1", brokerPort), Deno.errors.ConnectionRefused);
      await broker.restart();
      assertNotEquals(broker.pid, pid);
      assertEquals(await clusterView("127.0.0.1", brokerPort), { brokers: 1, controller: 1 });
    });

    await t.step("a killed node has all that it acknowledged, the last rows too", async () => {
      await execute(cassandra, [
        "CREATE KEYSPACE killed WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
        "CREATE TABLE killed.rows (id int PRIMARY KEY)",
        ...Array.from({ length: 50 }, (_, id) => `INSERT INTO killed.rows (id) VALUES (${id})`),
      ]);
      await node.kill();
      await node.restart();
      const rows = await execute(cassandra, ["SELECT id FROM killed.rows"]);
      assertEquals(rows.length, 50);
    });

    await t.step("a stopped process is silent until it is continued", async () => {
      await node.kill("SIGSTOP");
      assert(node.alive);
      await assertRejects(() => takesSessions(address), Error, "no answer within 2000 ms");
      await node.kill("SIGCONT");
      assertEquals(await takesSessions(address), true);
    });

    await services.stop();
    await t.step("nothing is left behind", () => nothingLeft(folders));
  },
);

integrationTest("servers die with the process that started them, even by SIGKILL", async () => {
  const starter = new Deno.Command(Deno.execPath(), {
    args: ["run", "-P=integration", new URL("fixtures/start_and_hang.ts", import.meta.url).pathname],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = starter.stdout.getReader();
  const { value } = await reader.read();
  const folder = new TextDecoder().decode(value).trim();
  assert((await Deno.stat(folder)).isDirectory);
  starter.kill("SIGKILL");
  await starter.status;
  await reader.cancel();
  await nothingLeft([folder]);
});

async function execute(
  { hosts, port, datacenter }: Cassandra,
  statements: string[],
): Promise<cassandra.types.Row[]> {
  const client = new cassandra.Client({
    contactPoints: hosts,
    localDataCenter: datacenter,
    protocolOptions: { port },
  });
  try {
    let rows: cassandra.types.Row[] = [];
    for (const statement of statements) ({ rows = [] } = await client.execute(statement));
    return rows;
  } finally {
    await client.shutdown();
  }
}

/** Waits until no process names one of the folders on its command line and none of the folders is there. */
async function nothingLeft(folders: readonly string[]): Promise<void> {
  // By environment: on a command line of its own, grep would find itself.
  const search = new Deno.Command("bash", {
    args: ["-c", 'grep -lsF -f <(printf "%s" "$FOLDERS") /proc/[0-9]*/cmdline; true'],
    env: { FOLDERS: folders.join("\n") },
  });
  await until("servers to be gone", async () => {
    const { stdout } = await search.output();
    const found = new TextDecoder().decode(stdout).trim();
    if (found !== "") return `still there: ${found}`;
    for (const folder of folders) {
      if (await exists(folder)) return `still there: ${folder}`;
    }
    return true;
  }, { deadline: 10_000 });
}
