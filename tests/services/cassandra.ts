import type { Certificate, ServerCertificate } from "./certificates.ts";
import { type CqlAddress, type Login, readsFrom, takesSessions } from "./cql_probe.ts";
import { probing, type Trust } from "./exchange.ts";
import { installRelease } from "./install.ts";
import { archiveOf, jvmFlags, type StartOptions } from "./jvm.ts";
import { freePorts } from "./ports.ts";
import { CASSANDRA_RELEASES, type CassandraLine } from "./releases.ts";
import { type ServerGroup, type ServerProcess, startGroup } from "./server.ts";
import { confPath, fillTemplate } from "./template.ts";
import { until } from "./until.ts";

export interface CassandraOptions extends StartOptions {
  /** Default 5.0. */
  line?: CassandraLine | undefined;
  /** Node i listens on 127.0.0.i, all on one port. Default 1. */
  nodes?: 1 | 2 | 3 | undefined;
  /** How many of them are started at once; the others by `join()`. Default all. */
  joined?: 1 | 2 | 3 | undefined;
  /** Ask for a password: see `login` of the result. Default false. */
  auth?: boolean | undefined;
  /** Speak nothing but TLS to clients. Default plain TCP. */
  tls?: ServerCertificate | undefined;
  /** Certificate of a client, by which only those of the same CA are let in. Default all are. */
  client?: Certificate | undefined;
  /** Has the last word on the configuration. */
  configured?: CassandraConfigured | undefined;
}

/** A configuration of somebody else's, asked for at each start of a node. At first nodes have to speak plain TCP. */
export interface CassandraConfigured {
  /** @param own what the node would start with */
  yaml(own: string): string;
  /** Whether a node serves clients: true, or why not. */
  ready(host: string, port: number): Promise<true | string>;
  /** The last flags of each node's JVM. Default none. */
  flags?: readonly string[];
  /** What is run in the place of a node's own command. Default that. */
  command?(own: string[], node: { index: number; folder: string }): string[];
}

export interface Cassandra extends ServerGroup {
  /** Address of each node, in the order of `servers`. */
  readonly hosts: string[];
  readonly port: number;
  readonly datacenter: string;
  /** There when started with `auth`. Who takes the server over writes here how to log in: restarts ask for it. */
  readonly login?: Login;
  /** PEM of the CA to trust; there when started with `tls`. */
  readonly ca?: string;
  /** Starts the next node of those that are not started yet. */
  join(): Promise<void>;
}

interface Node {
  server: ServerProcess;
  address: CqlAddress;
}

/** Starts Cassandra and waits until every node takes CQL and reaches all others. */
export async function startCassandra(options: CassandraOptions = {}): Promise<Cassandra> {
  const { nodes = 1, joined = nodes, auth = false, client, configured, jvm: profile = "quick", tls, signal } =
    options;
  const { line = "5.0", trainArchives } = options;
  const { archive: trained, classPath } = await installRelease(CASSANDRA_RELEASES[line]);
  const hosts = Array.from({ length: nodes }, (_, index) => `127.0.0.${index + 1}`);
  const [port, storagePort, sslStoragePort] = freePorts(3, hosts) as [number, number, number];
  const login = auth ? { user: "cassandra", password: "cassandra" } : undefined;
  const trust = tls && await readTrust(tls.ca, client);
  const archive = archiveOf("cassandra", trained, trainArchives);
  let join = () => Promise.resolve();
  const group = await startGroup("cassandra", async (newFolder, add) => {
    const running: Node[] = [];
    join = async () => {
      const index = running.length;
      const host = hosts[index]!;
      const name = `cassandra-${index + 1}`;
      const folder = await newFolder(name);
      const config = `${folder}/cassandra.yaml`;
      const address = { host, port, login, trust };
      const values = {
        folder,
        host,
        port,
        storagePort,
        sslStoragePort,
        token: evenToken(index, nodes),
        authenticator: auth ? "PasswordAuthenticator" : "AllowAllAuthenticator",
        authorizer: auth ? "CassandraAuthorizer" : "AllowAllAuthorizer",
      };
      const yaml = [
        await fillTemplate("cassandra.yaml", values),
        await fillTemplate(`cassandra-${profile}.yaml`, {}),
        ...(line === "4.1" ? [] : [await fillTemplate("cassandra-newest-format.yaml", {})]),
        ...(tls
          ? [
            await fillTemplate("cassandra-tls.yaml", {
              ca: tls.ca,
              keyAndCert: tls.keyAndCert,
              clientAuth: String(client !== undefined),
            }),
          ]
          : []),
      ];
      const write = () => {
        const own = yaml.join("");
        return Deno.writeTextFile(config, configured?.yaml(own) ?? own);
      };
      await write();
      const command = [
        "java",
        ...jvmFlags({ profile, heap: { quick: "1g", server: "3g" }, archive }),
        // The heap is touched at the start: a large one costs seconds.
        `-Xms${profile === "quick" ? "128m" : "1g"}`,
        `@${confPath("cassandra.jvm")}`,
        ...(line === "4.1" ? [memoryMeter(classPath)] : []),
        "-cp",
        classPath,
        `-Dlogback.configurationFile=${confPath("logback.xml")}`,
        `-Dcassandra.config=file:${config}`,
        `-Dcassandra.storagedir=${folder}`,
        `-Dcassandra.triggers_dir=${folder}`,
        `-Djava.io.tmpdir=${folder}`,
        ...(configured?.flags ?? []),
        "org.apache.cassandra.service.CassandraDaemon",
      ];
      const server = add({
        name,
        folder,
        command: configured?.command?.(command, { index, folder }) ?? command,
        servesLine: /Starting listening for CQL clients/,
        probe: () => probing(() => configured?.ready(host, port) ?? takesSessions(address)),
        ...(configured
          ? { beforeRestart: write }
          : { afterRestart: (signal) => reachEachOther(running, signal) }),
      });
      running.push({ server, address });
      await server.ready(signal);
    };
    // One after the other: nodes that join at once may miss each other's tokens.
    for (let node = 0; node < joined; node++) await join();
    await reachEachOther(running, signal);
  });
  return {
    ...group,
    join: () => join(),
    hosts,
    port,
    datacenter: "datacenter1",
    ...(login && { login }),
    ...(trust && { ca: trust.ca }),
  };
}

/**
 * Cassandra 4.1 is made for Java 8 and 11. It starts on 17 when its meter of memory runs as an agent, as in cassandra-env.sh:
 * without, it asks for field offsets of hidden classes, which 17 refuses.
 */
function memoryMeter(classPath: string): string {
  const jar = classPath.split(":").find((path) => /\/jamm-[^/]*$/.test(path));
  if (jar === undefined) throw new Error("Cassandra 4.1 has no jamm among its jars");
  return `-javaagent:${jar}`;
}

async function readTrust(ca: string, client: Certificate | undefined): Promise<Trust> {
  const read = (path: string) => Deno.readTextFile(path);
  return {
    ca: await read(ca),
    ...(client && { client: { cert: await read(client.cert), key: await read(client.key) } }),
  };
}

/** The Murmur3 token of node `index` when `count` nodes share the ring evenly. */
function evenToken(index: number, count: number): string {
  return (-(2n ** 63n) + (2n ** 64n / BigInt(count)) * BigInt(index)).toString();
}

/** Waits until every living node reads from all living ones: quorum writes may fail before. */
async function reachEachOther(nodes: Node[], signal?: AbortSignal): Promise<void> {
  const living = nodes.filter(({ server }) => server.alive);
  await until("the Cassandra nodes to reach each other", async () => {
    for (const { address } of living) {
      const answer = await probing(() => readsFrom(address, living.length as 1 | 2 | 3));
      if (answer !== true) return `${address.host}: ${answer}`;
    }
    return true;
  }, { signal });
}
