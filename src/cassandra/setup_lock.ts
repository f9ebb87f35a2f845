import cassandra from "cassandra-driver";
import { delay } from "../async/wait.ts";
import { changeSchema, type SchemaChangeOptions } from "./flavours/schema_change.ts";
import { hasTable } from "./migrations.ts";
import type { Session } from "./session.ts";

/** The table of the lock. */
export const CREATE_LOCK = "CREATE TABLE IF NOT EXISTS setup_lock (name text PRIMARY KEY, owner uuid)";
/** Life of a lock whose owner died, seconds; a live owner renews it three times in that time. */
const LEASE_S = 30;
const NOT_IDEMPOTENT = { isIdempotent: false };

/**
 * Runs `work` while no other process does, by a lightweight transaction on a row that expires: schema changes by two
 * clients at once can leave Cassandra with two versions of one table.
 */
export async function withSetupLock<T>(
  session: Session,
  waiting: () => void,
  options: SchemaChangeOptions,
  work: () => Promise<T>,
): Promise<T> {
  await makeLock(session, options);
  const owner = cassandra.types.Uuid.random();
  for (let attempt = 0; !await acquire(session, owner); attempt++) {
    if (attempt === 0) waiting();
    await delay(250, options.signal);
  }
  const renewal = setInterval(() => {
    session.execute(
      `UPDATE setup_lock USING TTL ${LEASE_S} SET owner = ? WHERE name = 'setup' IF owner = ?`,
      [owner, owner],
      NOT_IDEMPOTENT,
    ).catch(() => {});
  }, LEASE_S * 1000 / 3);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await session.execute(
      "DELETE FROM setup_lock WHERE name = 'setup' IF owner = ?",
      [owner],
      NOT_IDEMPOTENT,
    );
  }
}

/**
 * Makes the table, or waits until another's making of it is done, which a look into the schema's tables would not tell. Where
 * somebody else has made it, our login may lack the right to.
 */
async function makeLock(session: Session, options: SchemaChangeOptions): Promise<void> {
  try {
    await changeSchema(session, CREATE_LOCK, options);
  } catch (error) {
    const refused = error instanceof cassandra.errors.ResponseError &&
      error.code === cassandra.types.responseErrorCodes.unauthorized;
    if (!refused || !await hasTable(session, "setup_lock")) throw error;
  }
}

async function acquire(session: Session, owner: cassandra.types.Uuid): Promise<boolean> {
  const result = await session.execute(
    `INSERT INTO setup_lock (name, owner) VALUES ('setup', ?) IF NOT EXISTS USING TTL ${LEASE_S}`,
    [owner],
    NOT_IDEMPOTENT,
  );
  return result.wasApplied();
}
