import type { ServerCertificate } from "./certificates.ts";
import type { Login } from "./cql_probe.ts";
import { probing } from "./exchange.ts";
import { installRelease } from "./install.ts";
import { archiveOf, jvmFlags, type StartOptions } from "./jvm.ts";
import { clusterView } from "./kafka_probe.ts";
import { formatStorage, SCRAM, voterIds, withController } from "./kraft.ts";
import { freePorts } from "./ports.ts";
import { KAFKA_RELEASES, type KafkaLine } from "./releases.ts";
import { runCommand } from "./run_command.ts";
import { type ServerGroup, type ServerProcess, startGroup } from "./server.ts";
import { confPath, fillTemplate } from "./template.ts";
import { until } from "./until.ts";
import { fourLetters } from "./zookeeper.ts";

export interface KafkaOptions extends StartOptions {
  /** Where brokers keep what they know of the cluster; when absent they are controllers themselves, in KRaft mode. */
  zookeeper?: { host: string; port: number } | undefined;
  /** Default 3.9, the last line with ZooKeeper. */
  line?: KafkaLine | undefined;
  /** Brokers 1 to N. Default 1. */
  brokers?: 1 | 3 | undefined;
  /** Ports for clients that come by TLS, with a login or a certificate, beside the plain one. Default none. */
  secure?: { certificate: ServerCertificate; login: Login } | undefined;
  /** Whether logins may do only what ACLs allow; those of the plain port may do all. Default false. */
  acls?: boolean | undefined;
  /** Has the last word on the configuration. */
  configured?: KafkaConfigured | undefined;
}

/** A configuration of somebody else's, asked for at each start of a broker. */
export interface KafkaConfigured {
  env: Record<string, string>;
  /** @param own what the broker would start with, without its listeners */
  properties(own: string, ports: { plain: number; tls: number }): string;
  /** Whether a broker serves: true, or why not. */
  ready(port: number): Promise<true | string>;
}

export interface Kafka extends ServerGroup {
  /** `host:port` of each broker, in the order of `servers`. */
  readonly bootstrap: string[];
  /** The same for clients with a login by PLAIN or SCRAM; there when started with `secure` or `configured`. */
  readonly withLogin?: string[];
  /** The same for clients with a certificate of the CA; there when started with `secure`. */
  readonly withCertificate?: string[];
}

const HOST = "127.0.0.1";
const ZOOKEEPER_AUTHORIZER = "kafka.security.authorizer.AclAuthorizer";
const KRAFT_AUTHORIZER = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";

/** Starts Kafka, on a ZooKeeper or in KRaft mode, and waits until every broker knows all brokers and the controller. */
export async function startKafka(options: KafkaOptions): Promise<Kafka> {
  const {
    zookeeper,
    acls = false,
    brokers = 1,
    configured,
    jvm: profile = "quick",
    line = "3.9",
    secure,
    signal,
  } = options;
  const { archive: trained, classPath } = await installRelease(KAFKA_RELEASES[line]);
  const [ports, loginPorts, certificatePorts] = [freePorts(brokers), freePorts(brokers), freePorts(brokers)];
  const controllerPorts = freePorts(brokers);
  const archive = archiveOf("kafka", trained, options.trainArchives);
  const command = [
    "env",
    ...Object.entries(configured?.env ?? {}).map(([name, value]) => `${name}=${value}`),
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
        port,
        folder,
        replication: brokers,
        threads: profile === "server" ? 4 : 2,
      };
      const properties = [
        await fillTemplate("kafka.properties", values),
        await (zookeeper
          ? fillTemplate("kafka-zookeeper.properties", {
            id,
            zookeeper: `${zookeeper.host}:${zookeeper.port}`,
          })
          : fillTemplate("kafka-kraft.properties", { id, voters: voterIds(HOST, controllerPorts) })),
      ];
      if (secure) {
        const { certificate: { ca, keyAndCert }, login } = secure;
        const [loginPort, certificatePort] = [loginPorts[index]!, certificatePorts[index]!];
        const more = { port, loginPort, certificatePort, ca, keyAndCert, ...login };
        properties.push(await fillTemplate("kafka-secure.properties", more));
      }
      if (acls) {
        const authorizer = zookeeper ? ZOOKEEPER_AUTHORIZER : KRAFT_AUTHORIZER;
        properties.push(await fillTemplate("kafka-acls.properties", { authorizer }));
      }
      const write = () => {
        const joined = properties.join("");
        const own = zookeeper ? joined : withController(joined, HOST, controllerPorts[index]!);
        const ports = { plain: port, tls: loginPorts[index]! };
        return Deno.writeTextFile(config, configured?.properties(withoutListeners(own), ports) ?? own);
      };
      await write();
      if (!zookeeper) await formatStorage(classPath, config, secure?.login);
      const server = add({
        name,
        folder,
        command: [...command, config],
        servesLine: /Kafka(Raft)?Server - .*started/,
        probe: () =>
          probing(() =>
            configured?.ready(port) ?? knowsCluster(port, servers.filter(({ alive }) => alive).length)
          ),
        beforeRestart: async (signal) => {
          if (zookeeper) await forgotten(zookeeper, id, signal);
          await write();
        },
      });
      servers.push(server);
    }
    await Promise.all(servers.map((server) => server.ready(signal)));
    if (secure && zookeeper) await addScramUser(zookeeper, secure.login, classPath);
  });
  const addresses = (list: readonly number[]) => list.map((port) => `${HOST}:${port}`);
  return {
    ...group,
    bootstrap: addresses(ports),
    ...((secure || configured) && { withLogin: addresses(loginPorts) }),
    ...(secure && { withCertificate: addresses(certificatePorts) }),
  };
}

const withoutListeners = (properties: string) =>
  properties.replaceAll(/^(advertised\.)?listeners=.*\n/gm, "");

/** Brokers keep SCRAM users in ZooKeeper, and Kafka's own tool puts them there. */
async function addScramUser(
  { host, port }: NonNullable<KafkaOptions["zookeeper"]>,
  { password, user }: Login,
  classPath: string,
): Promise<void> {
  const users = SCRAM.map((name) => `${name}=[password=${password}]`).join(",");
  const { output, success } = await runCommand("java", [
    "-cp",
    classPath,
    `-Dlog4j.configuration=file:${confPath("log4j.properties")}`,
    "kafka.admin.ConfigCommand",
    "--zookeeper",
    `${host}:${port}`,
    "--alter",
    "--entity-type",
    "users",
    "--entity-name",
    user,
    "--add-config",
    users,
  ], 60_000);
  if (!success) throw new Error(`the SCRAM user could not be made:\n${output.slice(-2000)}`);
}

async function knowsCluster(port: number, brokers: number): Promise<true | string> {
  const view = await clusterView(HOST, port);
  if (view.controller < 0) return "it knows no controller";
  return view.brokers >= brokers || `it knows ${view.brokers} of ${brokers} brokers`;
}

/** Waits for the end of a killed broker's ZooKeeper session; the next process could not register its id before. */
async function forgotten(
  zookeeper: NonNullable<KafkaOptions["zookeeper"]>,
  id: number,
  signal?: AbortSignal,
): Promise<void> {
  await until(`ZooKeeper to forget broker ${id}`, async () => {
    const sessions = await fourLetters(zookeeper, "dump");
    return !sessions.split(/\s+/).includes(`/brokers/ids/${id}`) || "the session has not ended";
  }, { signal });
}
