import cassandra from "cassandra-driver";
import { appliedVersions, MIGRATIONS } from "../migrations.ts";
import type { Session } from "../session.ts";

const UNAUTHORIZED = 0x2100;
/** Errors of a store that has no rights, has them of another kind, or does not tell them. */
const UNTOLD = [0x2000, UNAUTHORIZED, 0x2200];

/**
 * Rights that a login lacks for making the tables where they are not there, and for using them, each as `CREATE on keyspace market`;
 * none where Cassandra asks for no rights, or does not tell them.
 *
 * @param keyspace checked against a pattern without quotes
 */
export async function missingRights(session: Session, keyspace: string, user: string): Promise<string[]> {
  const held = await rightsOf(session, keyspace, `"${user.replaceAll('"', '""')}"`);
  if (held === undefined) return [];
  const wanted = await areComplete(session, keyspace) ? [] : ["CREATE", "ALTER"];
  return [...wanted, "SELECT", "MODIFY"].filter((right) => !held.has(right))
    .map((right) => `${right} on keyspace ${keyspace}`);
}

/** Rights on a keyspace; undefined for one who may do all, and where there are no rights. */
async function rightsOf(
  session: Session,
  keyspace: string,
  role: string,
): Promise<ReadonlySet<string> | undefined> {
  // An empty list is answered with no rows at all.
  const list = async (what: string) => (await session.execute(what, [], { prepare: false })).rows ?? [];
  try {
    const roles = await list(`LIST ROLES OF ${role}`);
    if (roles.some((row) => row.get("super") === true)) return undefined;
    const places = ["<all keyspaces>", `<keyspace ${keyspace}>`];
    const rows = (await list(`LIST ALL PERMISSIONS OF ${role}`))
      .filter((row) => places.includes(String(row.get("resource"))));
    return new Set(rows.map((row) => String(row.get("permission"))));
  } catch (error) {
    // It says itself what is lacking when something is refused.
    if (error instanceof cassandra.errors.ResponseError && UNTOLD.includes(error.code)) return undefined;
    throw error;
  }
}

/** Whether all tables are there. */
async function areComplete(session: Session, keyspace: string): Promise<boolean> {
  const { rows } = await session.execute(
    "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?",
    [keyspace],
  );
  const names = rows.map((row) => String(row.get("table_name")));
  if (!names.includes("schema_migrations") || !names.includes("setup_lock")) return false;
  try {
    const applied = await appliedVersions(session, keyspace);
    return MIGRATIONS.every(({ version }) => applied.has(version));
  } catch (error) {
    if (error instanceof cassandra.errors.ResponseError && error.code === UNAUTHORIZED) return true;
    throw error;
  }
}
