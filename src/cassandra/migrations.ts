import trades from "../../schemas/cassandra/001-trades.cql" with { type: "text" };
import candles from "../../schemas/cassandra/002-candles.cql" with { type: "text" };
import averages from "../../schemas/cassandra/003-running-averages.cql" with { type: "text" };
import epochs from "../../schemas/cassandra/004-source-epochs.cql" with { type: "text" };
import topics from "../../schemas/cassandra/005-source-topics.cql" with { type: "text" };
import series from "../../schemas/cassandra/006-series.cql" with { type: "text" };
import type { SeriesKind } from "../market/series.ts";
import feedGaps from "../../schemas/cassandra/007-feed-gaps.cql" with { type: "text" };
import bars from "../../schemas/cassandra/008-bars.cql" with { type: "text" };
import cancelled from "../../schemas/cassandra/009-cancelled-trades.cql" with { type: "text" };
import { statements } from "./cql.ts";
import { type Flavour, traitsOf } from "./flavours/flavour.ts";
import { changeSchema, inWordsOf, type SchemaChangeOptions } from "./flavours/schema_change.ts";
import type { Session } from "./session.ts";

/** A numbered change of the schema. Its statements may be run twice: a crash can come before the record of it. */
export interface Migration {
  version: number;
  name: string;
  cql: string;
}

/** All migrations, in order. A released one is never edited; the next number changes what it made. */
export const MIGRATIONS: readonly Migration[] = [
  { version: 1, name: "trades", cql: trades },
  { version: 2, name: "candles", cql: candles },
  { version: 3, name: "running-averages", cql: averages },
  { version: 4, name: "source-epochs", cql: epochs },
  { version: 5, name: "source-topics", cql: topics },
  { version: 6, name: "series", cql: series },
  { version: 7, name: "feed-gaps", cql: feedGaps },
  { version: 8, name: "bars", cql: bars },
  { version: 9, name: "cancelled-trades", cql: cancelled },
];

/** The table that remembers which migrations were applied. */
export const CREATE_RECORD = "CREATE TABLE IF NOT EXISTS schema_migrations (" +
  "scope text, version int, name text, applied_at timestamp, PRIMARY KEY ((scope), version))";
const SCOPE = "tables";

/** Names are checked against a pattern without quotes when the settings are read. */
export const keyspaceStatement = (keyspace: string, datacenter: string, replication: number): string =>
  `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = ` +
  `{'class': 'NetworkTopologyStrategy', '${datacenter}': ${replication}}`;

/** Remembers a migration, as {@linkcode migrate} does. */
export const recordStatement = ({ name, version }: Migration): string =>
  "INSERT INTO schema_migrations (scope, version, name, applied_at) " +
  `VALUES ('${SCOPE}', ${version}, '${name}', toTimestamp(now()))`;

/**
 * Makes the keyspace with replicas in one data centre; whether it was missing.
 *
 * @throws {KeyspaceError} where the store leaves that to a person
 */
export async function createKeyspace(
  session: Session,
  keyspace: string,
  datacenter: string,
  replication: number,
  flavour: Flavour,
): Promise<boolean> {
  const found = await session.execute(
    "SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?",
    [keyspace],
  );
  if (found.rowLength > 0) return false;
  const { makesKeyspaces, name } = traitsOf(flavour);
  if (!makesKeyspaces) {
    throw new KeyspaceError(
      `there is no keyspace ${keyspace}, and ${name} makes none by CQL: make it in its console or by its API, or set CASSANDRA_KEYSPACE`,
    );
  }
  const statement = inWordsOf(flavour, keyspaceStatement(keyspace, datacenter, replication));
  await session.execute(statement, [], { prepare: false });
  return true;
}

/** A keyspace that somebody has to make. */
export class KeyspaceError extends Error {
  override name = "KeyspaceError";
}

/** Applies what is not yet applied, in order; the names of what was. To be run under the setup lock. */
export async function migrate(
  session: Session,
  options: SchemaChangeOptions,
  migrations = MIGRATIONS,
): Promise<string[]> {
  // Where somebody else has made it, our login may not.
  if (!await hasTable(session, "schema_migrations")) await changeSchema(session, CREATE_RECORD, options);
  const applied = await appliedVersions(session);
  const done: string[] = [];
  for (const { cql, name, version } of migrations) {
    if (applied.has(version)) continue;
    for (const statement of statements(cql)) await changeSchema(session, statement, options);
    await session.execute(
      "INSERT INTO schema_migrations (scope, version, name, applied_at) VALUES (?, ?, ?, ?)",
      [SCOPE, version, name, new Date()],
    );
    done.push(`${String(version).padStart(3, "0")}-${name}`);
  }
  return done;
}

/** Whether the session's keyspace has a table. */
export async function hasTable(session: Session, table: string): Promise<boolean> {
  const { rowLength } = await session.execute(
    "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?",
    [session.keyspace, table],
  );
  return rowLength > 0;
}

/**
 * Versions that are applied.
 *
 * @param keyspace checked against a pattern without quotes; the session's own when absent
 */
export async function appliedVersions(session: Session, keyspace?: string): Promise<Set<number>> {
  const table = keyspace === undefined ? "schema_migrations" : `${keyspace}.schema_migrations`;
  const { rows } = await session.execute(`SELECT version FROM ${table} WHERE scope = ?`, [SCOPE]);
  return new Set(rows.map((row) => Number(row.get("version"))));
}

const TTL_TABLES = {
  trades: "tradesTtl",
  candles: "windowsTtl",
  running_averages_15_sec: "windowsTtl",
  bars: "windowsTtl",
  feed_gaps: "windowsTtl",
  fetched_candles: "windowsTtl",
  feed_follows: "windowsTtl",
} as const;

/** Statements that set each table's time to live. */
export const ttlStatements = (ttl: { tradesTtl: number; windowsTtl: number }): string[] =>
  Object.entries(TTL_TABLES).map(([table, setting]) => ttlStatement(table, Math.round(ttl[setting] / 1000)));

const ttlStatement = (table: string, seconds: number): string =>
  `ALTER TABLE ${table} WITH default_time_to_live = ${seconds}`;

/** Sets each table's time to live where it differs; a line for each that was changed. */
export async function applyTtl(
  session: Session,
  keyspace: string,
  ttl: { tradesTtl: number; windowsTtl: number },
  options: SchemaChangeOptions,
): Promise<string[]> {
  const changed: string[] = [];
  for (const [table, setting] of Object.entries(TTL_TABLES)) {
    const seconds = Math.round(ttl[setting] / 1000);
    const { rows } = await session.execute(
      "SELECT default_time_to_live FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?",
      [keyspace, table],
    );
    if (Number(rows[0]?.get("default_time_to_live") ?? 0) === seconds) continue;
    await changeSchema(session, ttlStatement(table, seconds), options);
    changed.push(`${table}: rows are kept ${seconds === 0 ? "for ever" : `${seconds} s`}`);
  }
  return changed;
}

/**
 * Records the series that are kept from now on beside those that are known; the names of those that hold nothing of the trades that
 * are there. To be run under the setup lock.
 *
 * @param now milliseconds since the epoch
 */
export async function recordSeries(
  session: Session,
  series: readonly SeriesKind[],
  now: number,
): Promise<string[]> {
  const { rows } = await session.execute("SELECT name FROM series");
  const known = new Set(rows.map((row) => String(row.get("name"))));
  const added = series.filter(({ name }) => !known.has(name));
  if (added.length === 0) return [];
  const trades = await session.execute("SELECT symbol FROM trades LIMIT 1");
  const begun = trades.rowLength === 0 ? 0 : now;
  for (const { name } of added) {
    await session.execute("INSERT INTO series (name, complete_from) VALUES (?, ?)", [name, new Date(begun)]);
  }
  return begun === 0 ? [] : added.map(({ name }) => name);
}
