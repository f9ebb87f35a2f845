import { probing } from "./exchange.ts";
import { install } from "./install.ts";
import { jvmFlags, type StartOptions } from "./jvm.ts";
import { clusterView } from "./kafka_probe.ts";
import { freePorts } from "./ports.ts";
import { type ServerGroup, type ServerProcess, startGroup } from "./server.ts";
import { confPath, fillTemplate } from "./template.ts";
import { until } from "./until.ts";
import { fourLetters } from "./zookeeper.ts";

export interface KafkaOptions extends StartOptions {
  zookeeper: { host: string; port: number };
  /** Brokers 1 to N. Default 1. */
  brokers?: 1 | 3 | undefined;
}

export interface Kafka extends ServerGroup {
  /** `host:port` of each broker, in the order of `servers`. */
  readonly bootstrap: string[];
}

const HOST = "127.0.0.1";

/** Starts Kafka on a ZooKeeper and waits until every broker knows all brokers and the controller. */
export async function startKafka(options: KafkaOptions): Promise<Kafka> {
  const { zookeeper, brokers = 1, jvm: profile = "quick", trainArchives, signal } = options;
  const { kafka: classPath, archives } = await install();
  const ports = freePorts(brokers);
  const archive = { file: `${trainArchives ?? archives}/kafka.jsa`, train: trainArchives !== undefined };
  const command = [
    "java",
    ...jvmFlags({ profile, heap: { quick: "384m", server: "1g" }, archive }),
    "-cp",
    classPath,
    `-Dlog4j.configuration=file:${confPath("log4j.properties")}`,
    "kafka.Kafka",
  ];
  const group = await startGroup("kafka", async (newFolder, add) => {
    const servers: ServerProcess[] = [];
    for (const [index, port] of ports.entries()) {
      const id = index + 1;
      const name = `kafka-${id}`;
      const folder = await newFolder(name);
      const config = `${folder}/kafka.properties`;
      const values = {
        id,
        port,
        folder,
        zookeeper: `${zookeeper.host}:${zookeeper.port}`,
        replication: brokers,
        threads: profile === "server" ? 4 : 2,
      };
      await Deno.writeTextFile(config, await fillTemplate("kafka.properties", values));
      const server = add({
        name,
        folder,
        command: [...command, config],
        servesLine: /started \(kafka\.server\.KafkaServer\)|KafkaServer - .*started/,
        probe: () => probing(() => knowsCluster(port, servers.filter(({ alive }) => alive).length)),
        beforeRestart: (signal) => forgotten(zookeeper, id, signal),
      });
      servers.push(server);
    }
    await Promise.all(servers.map((server) => server.ready(signal)));
  });
  return { ...group, bootstrap: ports.map((port) => `${HOST}:${port}`) };
}

async function knowsCluster(port: number, brokers: number): Promise<true | string> {
  const view = await clusterView(HOST, port);
  if (view.controller < 0) return "it knows no controller";
  return view.brokers >= brokers || `it knows ${view.brokers} of ${brokers} brokers`;
}

/** Waits for the end of a killed broker's ZooKeeper session; the next process could not register its id before. */
async function forgotten(
  zookeeper: KafkaOptions["zookeeper"],
  id: number,
  signal?: AbortSignal,
): Promise<void> {
  await until(`ZooKeeper to forget broker ${id}`, async () => {
    const sessions = await fourLetters(zookeeper, "dump");
    return !sessions.split(/\s+/).includes(`/brokers/ids/${id}`) || "the session has not ended";
  }, { signal });
}
