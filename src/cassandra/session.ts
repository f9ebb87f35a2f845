import cassandra from "cassandra-driver";
import { withPort } from "../parsers.ts";
import type { Settings } from "../settings.ts";
import type { Logger } from "../telemetry/log.ts";
import { delay } from "../wait.ts";

export type CassandraSettings = Pick<
  Settings,
  | "cassandraHost"
  | "cassandraPort"
  | "cassandraUser"
  | "cassandraPassword"
  | "cassandraDatacenter"
  | "cassandraKeyspace"
  | "cassandraConsistency"
>;

const CONSISTENCIES = {
  "local-quorum": cassandra.types.consistencies.localQuorum,
  "quorum": cassandra.types.consistencies.quorum,
  "all": cassandra.types.consistencies.all,
  "local-one": cassandra.types.consistencies.localOne,
};

/** A driver session; tables are named without keyspace. Connects at the first query, or by `connect()`. */
export type Session = cassandra.Client;

/**
 * Makes a session.
 *
 * @param keyspace the keyspace of unqualified names; `undefined` for none, as before it was made.
 */
export function cassandraSession(
  settings: CassandraSettings,
  keyspace: string | undefined,
  log: Logger,
): Session {
  const { cassandraUser, cassandraPassword } = settings;
  const session = new cassandra.Client({
    contactPoints: withPort(settings.cassandraHost, settings.cassandraPort),
    localDataCenter: settings.cassandraDatacenter,
    ...(keyspace === undefined ? {} : { keyspace }),
    ...(cassandraUser === ""
      ? {}
      : { authProvider: new cassandra.auth.PlainTextAuthProvider(cassandraUser, cassandraPassword) }),
    queryOptions: {
      prepare: true,
      isIdempotent: true,
      consistency: CONSISTENCIES[settings.cassandraConsistency],
    },
    socketOptions: { connectTimeout: 5000, readTimeout: 12_000 },
    // With a delay the driver gathers schema events, and a timer that fires beside a cancelled one ends the process: "Cannot read
    // properties of null (reading 'mainEvent')" (4.10.0, lib/metadata/event-debouncer.js). Schema changes are rare here.
    refreshSchemaDelay: 0,
    pooling: { coreConnectionsPerHost: { "0": 1, "1": 1 } },
    policies: {
      reconnection: new cassandra.policies.reconnection.ExponentialReconnectionPolicy(250, 5000, false),
    },
  });
  session.on("log", (level, source, message) => {
    if (level === "error") log.warn(String(message), { client: String(source) });
    else if (level === "warning") log.debug(String(message), { client: String(source) });
  });
  return session;
}

/** How long the nodes may take to learn of a keyspace, milliseconds. */
const KEYSPACE_MS = 30_000;

/**
 * Connects to a keyspace that was just made, by us or by somebody else at the same time: until a node has learnt of it, it says that
 * there is none.
 *
 * @param open makes a session with the keyspace
 */
export async function connectToKeyspace(
  open: () => Session | Promise<Session>,
  signal: AbortSignal,
): Promise<Session> {
  const deadline = performance.now() + KEYSPACE_MS;
  for (;;) {
    const session = await open();
    try {
      await session.connect();
      return session;
    } catch (error) {
      await session.shutdown();
      if (!/keyspace .* does not exist/i.test(cassandraErrorText(error)) || performance.now() > deadline) {
        throw error;
      }
      await delay(100, signal);
    }
  }
}

/** The driver's error texts say "inner errors" and hide them: this names the first one, by host. */
export function cassandraErrorText(error: unknown): string {
  if (error instanceof cassandra.errors.NoHostAvailableError) {
    const [host, inner] = Object.entries(error.innerErrors ?? {})[0] ?? [];
    if (host !== undefined) return `no Cassandra host answers; ${host}: ${(inner as Error).message}`;
  }
  return error instanceof Error ? error.message : String(error);
}
