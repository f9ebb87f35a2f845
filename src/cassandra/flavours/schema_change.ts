import { delay } from "../../async/wait.ts";
import type { Session } from "../session.ts";
import { type Flavour, traitsOf } from "./flavour.ts";

/** Between two looks at a table that is being made, and how long that may take, milliseconds. */
const LOOK_MS = 500;
const PATIENCE_MS = 300_000;

/** What Amazon Keyspaces wants to be told of a table before it takes USING TIMESTAMP and a time to live. */
const CUSTOM =
  "CUSTOM_PROPERTIES = {'client_side_timestamps': {'status': 'enabled'}, 'ttl': {'status': 'enabled'}}";

/** A change of the schema in the words of a store. */
export function inWordsOf(flavour: Flavour, statement: string): string {
  if (flavour !== "keyspaces") return statement;
  if (/^CREATE KEYSPACE/i.test(statement)) {
    return statement.replace(
      /replication = \{[^{}]{0,300}\}/i,
      "replication = {'class': 'SingleRegionStrategy'}",
    );
  }
  if (!/^CREATE TABLE/i.test(statement)) return statement;
  const bare = statement.replace(/\s{1,9}AND\s{1,9}compaction\s{0,9}=\s{0,9}\{[^{}]{0,300}\}/i, "")
    .replace(/\s{1,9}WITH\s{1,9}compaction\s{0,9}=\s{0,9}\{[^{}]{0,300}\}/i, "");
  return `${bare} ${/\)\s*WITH\s/i.test(bare) ? "AND" : "WITH"} ${CUSTOM}`;
}

export interface SchemaChangeOptions {
  flavour: Flavour;
  signal: AbortSignal;
}

/**
 * Makes a change of the session's keyspace, and waits until it is made. It may be made again.
 *
 * @throws what the session throws, and an Error where a store does not make a table in five minutes
 */
export async function changeSchema(
  session: Session,
  statement: string,
  { flavour, signal }: SchemaChangeOptions,
): Promise<void> {
  const added = /^ALTER TABLE (\w+) ADD IF NOT EXISTS (\w+) /i.exec(statement);
  if (added && !traitsOf(flavour).addsIfNotExists) {
    if (await hasColumn(session, added[1]!, added[2]!)) return;
    statement = statement.replace(/ IF NOT EXISTS/i, "");
  }
  // The driver waits until all nodes agree on the schema before it resolves.
  await session.execute(inWordsOf(flavour, statement), [], { prepare: false });
  if (flavour === "keyspaces") await untilActive(session, signal);
}

async function hasColumn(session: Session, table: string, column: string): Promise<boolean> {
  const { rowLength } = await session.execute(
    "SELECT column_name FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ? AND column_name = ?",
    [session.keyspace, table, column],
  );
  return rowLength > 0;
}

/** Amazon Keyspaces answers before a table is there: https://docs.aws.amazon.com/keyspaces/latest/devguide/tables-create.html */
async function untilActive(session: Session, signal: AbortSignal): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const { rows } = await session.execute(
      "SELECT table_name, status FROM system_schema_mcs.tables WHERE keyspace_name = ?",
      [session.keyspace],
    );
    const waits = rows.filter((row) => row.get("status") !== "ACTIVE");
    if (waits.length === 0) return;
    if (performance.now() > end) {
      throw new Error(
        `the store has not made ${String(waits[0]!.get("table_name"))} in 5 minutes; try again`,
      );
    }
    await delay(LOOK_MS, signal);
  }
}
