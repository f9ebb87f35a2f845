import cassandra from "cassandra-driver";
import { withPort } from "../parsers.ts";
import type { Settings } from "../settings.ts";
import type { Logger } from "../telemetry/log.ts";

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

/** Responses that refuse a request for what it is (native protocol v4, section 9): syntax, rights, unknown names. */
const FIRST_REFUSAL = 0x2000;

/** Whether the same request may succeed later: servers were away or overloaded, and did not refuse it. */
export function isTransient(error: unknown): boolean {
  const { AuthenticationError, NoHostAvailableError, OperationTimedOutError, ResponseError } =
    cassandra.errors;
  if (error instanceof ResponseError) return error.code < FIRST_REFUSAL;
  if (error instanceof NoHostAvailableError) {
    return !Object.values(error.innerErrors ?? {}).some((inner) =>
      inner instanceof AuthenticationError || (inner instanceof ResponseError && inner.code >= FIRST_REFUSAL)
    );
  }
  return error instanceof OperationTimedOutError;
}

/** The driver's error texts say "inner errors" and hide them: this names the first one, by host. */
export function cassandraErrorText(error: unknown): string {
  if (error instanceof cassandra.errors.NoHostAvailableError) {
    const [host, inner] = Object.entries(error.innerErrors ?? {})[0] ?? [];
    if (host !== undefined) return `no Cassandra host answers; ${host}: ${(inner as Error).message}`;
  }
  return error instanceof Error ? error.message : String(error);
}
