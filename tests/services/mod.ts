import { trainArchives } from "./archives.ts";
import { type Cassandra, type CassandraConfigured, startCassandra } from "./cassandra.ts";
import type { ServerCertificate } from "./certificates.ts";
import type { Login } from "./cql_probe.ts";
import type { JvmProfile } from "./jvm.ts";
import { type Kafka, type KafkaConfigured, startKafka } from "./kafka.ts";
import { type Progress, silent } from "./progress.ts";
import { startZooKeeper, type ZooKeeper } from "./zookeeper.ts";

export { type Certificate, CertificateAuthority, type ServerCertificate } from "./certificates.ts";
export {
  type Cassandra,
  type CassandraConfigured,
  type CassandraOptions,
  startCassandra,
} from "./cassandra.ts";
export type { JvmProfile } from "./jvm.ts";
export { type Kafka, type KafkaConfigured, type KafkaOptions, startKafka } from "./kafka.ts";
export { type Progress, progressOnStderr } from "./progress.ts";
export { type Registry, startRegistry } from "./registry.ts";
export type { Server, ServerGroup } from "./server.ts";
export { until } from "./until.ts";
export { startZooKeeper, type ZooKeeper } from "./zookeeper.ts";

export interface ServicesOptions {
  /** Default 1. */
  kafkaBrokers?: 1 | 3 | undefined;
  /** Default 1. */
  cassandraNodes?: 1 | 2 | 3 | undefined;
  /** How many of them are started at once; the others by `cassandra.join()`. Default all. */
  cassandraJoined?: 1 | 2 | 3 | undefined;
  /** Default `quick`; `server` for benchmarks. */
  jvm?: JvmProfile | undefined;
  /** Kafka has ports for clients that come by TLS; Cassandra speaks TLS only, and asks for a password. */
  secure?: { certificate: ServerCertificate; login: Login } | undefined;
  /** Another's configuration of each. Default the tests' own. */
  configured?: { kafka?: KafkaConfigured; cassandra?: CassandraConfigured } | undefined;
  progress?: Progress | undefined;
  signal?: AbortSignal | undefined;
}

/** Where the servers are: all that most tests need. */
export interface Endpoints {
  kafka: { bootstrap: string[]; /** Where TLS and a login are wanted. */ secure?: KafkaAccess };
  cassandra: {
    hosts: string[];
    port: number;
    /** Where a password is asked for. */
    login?: Login;
    /** PEM of the CA to trust, where TLS is spoken. */
    ca?: string;
    /** Name in the certificates. Default the hosts. */
    name?: string;
  };
}

export interface KafkaAccess {
  /** PEM of the CA to trust. */
  ca: string;
  login: Login;
}

/** Running servers of one's own. */
export interface Services extends Endpoints, AsyncDisposable {
  zookeeper: ZooKeeper;
  kafka: Kafka;
  cassandra: Cassandra;
  /** Kills all servers and removes their data. */
  stop(): Promise<void>;
}

/** Starts ZooKeeper, Kafka and Cassandra on free loopback ports, fetching them first if need be. */
export async function startServices(options: ServicesOptions = {}): Promise<Services> {
  const {
    kafkaBrokers,
    cassandraJoined,
    cassandraNodes,
    configured,
    jvm,
    progress = silent,
    secure,
    signal,
  } = options;
  await trainArchives(progress);
  const started: AsyncDisposable[] = [];
  const stop = async () => {
    await Promise.all(started.map((service) => service[Symbol.asyncDispose]()));
  };
  const start = async <T extends AsyncDisposable>(name: string, starting: Promise<T>): Promise<T> => {
    const service = await starting;
    started.push(service);
    progress(`${name} is ready`);
    return service;
  };
  progress("starting ZooKeeper, Kafka and Cassandra");
  // Settled, not all: what starts after the other has failed must be stopped too.
  const [messaging, storage] = await Promise.allSettled([
    start("ZooKeeper", startZooKeeper({ jvm, signal })).then(async (zookeeper) => {
      const kafka = await start(
        "Kafka",
        startKafka({ zookeeper, brokers: kafkaBrokers, configured: configured?.kafka, jvm, secure, signal }),
      );
      return { zookeeper, kafka };
    }),
    start(
      "Cassandra",
      startCassandra({
        nodes: cassandraNodes,
        joined: cassandraJoined,
        jvm,
        signal,
        auth: secure !== undefined,
        tls: secure?.certificate,
        configured: configured?.cassandra,
      }),
    ),
  ]);
  if (messaging.status === "rejected" || storage.status === "rejected") {
    await stop();
    throw messaging.status === "rejected" ? messaging.reason : (storage as PromiseRejectedResult).reason;
  }
  return { ...messaging.value, cassandra: storage.value, stop, [Symbol.asyncDispose]: stop };
}
