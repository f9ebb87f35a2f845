import type { ConnectionOptions } from "node:tls";
import cassandra from "cassandra-driver";
import { withPort } from "../settings/parsers.ts";
import type { CassandraSettings } from "../settings/cassandra.ts";
import { errorText, type Logger } from "../telemetry/log.ts";
import { FaultLog } from "../transport/fault.ts";
import { type TlsOptions, tlsOptions } from "../transport/tls_options.ts";
import { cassandraFault, serverName } from "./fault.ts";
import { guardAnswers } from "./answer_guard.ts";
import { guardRefresh } from "./fixes/refresh_guard.ts";
import { answerGetProtocol } from "./tls_protocol_fix.ts";

answerGetProtocol();
guardAnswers();
guardRefresh();

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
 * @param readTimeout milliseconds in which a node must answer
 * @throws {SettingError} for settings of TLS that contradict each other.
 */
export function cassandraSession(
  settings: CassandraSettings,
  keyspace: string | undefined,
  log: Logger,
  readTimeout = 12_000,
): Session {
  const { cassandraUser, cassandraPassword } = settings;
  const sslOptions = cassandraTls(settings);
  const session = new cassandra.Client({
    contactPoints: withPort(settings.cassandraHost, settings.cassandraPort),
    localDataCenter: settings.cassandraDatacenter,
    ...(keyspace === undefined ? {} : { keyspace }),
    // The driver takes the options anew for each connection.
    ...(sslOptions && { sslOptions: sslOptions as ConnectionOptions }),
    ...(cassandraUser === ""
      ? {}
      : { authProvider: new cassandra.auth.PlainTextAuthProvider(cassandraUser, cassandraPassword) }),
    queryOptions: {
      prepare: true,
      isIdempotent: true,
      consistency: CONSISTENCIES[settings.cassandraConsistency],
    },
    socketOptions: { connectTimeout: 5000, readTimeout },
    // With a delay the driver gathers schema events, and a timer that fires beside a cancelled one ends the process: "Cannot read
    // properties of null (reading 'mainEvent')" (4.10.0, lib/metadata/event-debouncer.js). Schema changes are rare here.
    refreshSchemaDelay: 0,
    pooling: { coreConnectionsPerHost: { "0": 1, "1": 1 } },
    policies: {
      reconnection: new cassandra.policies.reconnection.ExponentialReconnectionPolicy(250, 5000, false),
    },
  });
  const faults = new FaultLog(log);
  session.on("log", (level, source, message, error) => {
    const fields = { client: String(source) };
    if (level === "error") log.warn(String(message), fields);
    if (level !== "warning") return;
    log.debug(String(message), fields);
    const [, node] = /trying to connect to the host (\S+)$/.exec(String(message)) ?? [];
    if (node === undefined) return;
    cassandraFault(settings, error, sslOptions, node).then((fault) => {
      if (fault !== undefined) faults.tell("Cassandra cannot be used as it is set", fault, fields);
    });
  });
  return session;
}

/** How to speak TLS to the nodes; undefined when it is off. */
function cassandraTls(settings: CassandraSettings): TlsOptions | undefined {
  const { cassandraCaFile: ca, cassandraCertFile: cert, cassandraKeyFile: key, cassandraTls: tls } = settings;
  return tlsOptions("CASSANDRA", { tls, ca, cert, key }, serverName(settings));
}

/** Which setting keeps us from Cassandra, and what to do; undefined when it is no setting's fault. */
export async function cassandraSettingFault(
  error: unknown,
  settings: CassandraSettings,
): Promise<string | undefined> {
  const tls = cassandraTls(settings);
  for (const [node, inner] of innerErrors(error)) {
    const fault = await cassandraFault(settings, inner, tls, node);
    if (fault !== undefined) return fault;
  }
  return undefined;
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
  const [host, inner] = innerErrors(error)[0] ?? [];
  if (host !== undefined) return `no Cassandra host answers; ${host}: ${errorText(inner)}`;
  // It knows that all are away, and did not try.
  return error instanceof cassandra.errors.NoHostAvailableError
    ? "no Cassandra host answers"
    : errorText(error);
}

function innerErrors(error: unknown): [host: string, inner: unknown][] {
  return error instanceof cassandra.errors.NoHostAvailableError
    ? Object.entries(error.innerErrors ?? {})
    : [];
}
