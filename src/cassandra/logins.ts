import cassandra from "cassandra-driver";
import type { Logger } from "../telemetry/log.ts";
import { cassandraSession, type Session } from "./session.ts";
import type { CassandraSettings } from "../settings/cassandra.ts";

/** A role of Cassandra, with the least that its user needs. */
export interface Login {
  name: string;
  /** None is made while it is empty. */
  password: string;
  rights: readonly ("SELECT" | "MODIFY")[];
}

/** The login that every new Cassandra has, with its name as password. */
const FACTORY = "cassandra";

/**
 * Makes sure that the configured login works and is a superuser: in a Cassandra that has only its factory login, makes
 * it, and takes all rights from the factory login. Whether it was made.
 *
 * @throws what the session throws when neither login works.
 */
export async function claimCassandra(settings: CassandraSettings, log: Logger): Promise<boolean> {
  if (await works(settings, log)) return false;
  const factory = cassandraSession(
    { ...settings, cassandraUser: FACTORY, cassandraPassword: FACTORY },
    undefined,
    quiet(log),
  );
  try {
    await run(
      factory,
      `CREATE ROLE IF NOT EXISTS ${role(settings.cassandraUser)} WITH PASSWORD = ${
        quoted(settings.cassandraPassword)
      } ` +
        "AND LOGIN = true AND SUPERUSER = true",
    );
  } finally {
    await factory.shutdown();
  }
  // A superuser cannot take its own rights.
  const own = cassandraSession(settings, undefined, log);
  try {
    await run(own, `ALTER ROLE ${FACTORY} WITH SUPERUSER = false AND LOGIN = false`);
  } finally {
    await own.shutdown();
  }
  return true;
}

/** Makes each login that is missing or has another password, and grants it its rights; the names of those made. */
export async function makeLogins(
  session: Session,
  settings: CassandraSettings,
  logins: readonly Login[],
  log: Logger,
): Promise<string[]> {
  const made: string[] = [];
  for (const { name, password, rights } of logins) {
    if (password === "") continue;
    const letIn = () => works({ ...settings, cassandraUser: name, cassandraPassword: password }, log);
    if (await letIn()) continue;
    const options = `WITH PASSWORD = ${quoted(password)} AND LOGIN = true AND SUPERUSER = false`;
    await run(session, `CREATE ROLE IF NOT EXISTS ${role(name)} ${options}`);
    // It was there with another password. Cassandra lets a password be changed every five seconds.
    if (!await letIn()) await run(session, `ALTER ROLE ${role(name)} ${options}`);
    for (const right of rights) {
      await run(session, `GRANT ${right} ON KEYSPACE ${settings.cassandraKeyspace} TO ${role(name)}`);
    }
    made.push(name);
  }
  return made;
}

/** Whether a login is let in. */
async function works(settings: CassandraSettings, log: Logger): Promise<boolean> {
  const session = cassandraSession(settings, undefined, quiet(log));
  try {
    await session.connect();
    return true;
  } catch (error) {
    if (isRefused(error)) return false;
    throw error;
  } finally {
    await session.shutdown();
  }
}

/** For sessions that may be refused: that is an answer here, and no warning. */
const quiet = (log: Logger): Logger => ({ ...log, warn: log.debug });

function isRefused(error: unknown): boolean {
  if (error instanceof cassandra.errors.AuthenticationError) return true;
  if (!(error instanceof cassandra.errors.NoHostAvailableError)) return false;
  return Object.values(error.innerErrors ?? {}).some((inner) =>
    inner instanceof cassandra.errors.AuthenticationError
  );
}

/** A role's name as CQL has it. */
const role = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Passwords cannot be bound to a marker: as a CQL string. */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

async function run(session: Session, statement: string): Promise<void> {
  await session.execute(statement, [], { prepare: false });
}
