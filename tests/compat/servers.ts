import {
  CertificateAuthority,
  type Endpoints,
  type ServerGroup,
  startCassandra,
  startKafka,
  startZooKeeper,
} from "../services/mod.ts";
import type { Cell } from "./cells.ts";

const LOGIN = { user: "pipeline", password: "compat-pass-4711" };

/** Servers of one cell, and what its steps need of them. */
export interface CellServers extends AsyncDisposable {
  endpoints: Endpoints;
  /** Settings by which roles reach Kafka over TLS with a login; undefined where the cell's Kafka is somebody else's. */
  secure: Record<string, string> | undefined;
  /** Kills what this cell has started and starts it again on its data. */
  restart(): Promise<void>;
}

/** Servers that run already and are not hurt, instead of some of the cell's own. */
export interface Shared {
  kafka?: Endpoints["kafka"];
  cassandra?: Endpoints["cassandra"];
}

/** Starts the servers of a cell. */
export async function startCell(
  { cassandra: cassandraLine, kafka: kafkaLine, mode }: Cell,
  shared: Shared = {},
): Promise<CellServers> {
  const stack = new AsyncDisposableStack();
  const groups: ServerGroup[] = [];
  const own = <T extends ServerGroup>(group: T): T => {
    groups.push(stack.use(group));
    return group;
  };
  try {
    let secure: Record<string, string> | undefined;
    let kafka = shared.kafka;
    if (!kafka) {
      const authority = stack.use(await CertificateAuthority.make("the CA of one cell"));
      const certificate = await authority.issue("server", { names: ["DNS:localhost", "IP:127.0.0.1"] });
      const zookeeper = mode === "ZooKeeper" ? stack.use(await startZooKeeper()) : undefined;
      const { bootstrap, withLogin } = own(
        await startKafka({ line: kafkaLine, zookeeper, secure: { certificate, login: LOGIN } }),
      );
      kafka = { bootstrap };
      secure = {
        KAFKA_SERVER: withLogin![0]!,
        KAFKA_TLS: "true",
        KAFKA_CA_FILE: authority.ca,
        KAFKA_SASL_MECHANISM: "scram-sha-512",
        KAFKA_USER: LOGIN.user,
        KAFKA_PASSWORD: LOGIN.password,
      };
    }
    const cassandra = shared.cassandra ?? own(await startCassandra({ line: cassandraLine }));
    const { hosts, port } = cassandra;
    const disposal = stack.move();
    return {
      endpoints: { kafka, cassandra: { hosts, port } },
      secure,
      restart: async () => {
        for (const server of groups.flatMap(({ servers }) => servers)) await server.restart();
      },
      [Symbol.asyncDispose]: () => disposal.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
