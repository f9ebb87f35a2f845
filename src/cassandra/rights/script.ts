import { statements } from "../cql.ts";
import {
  CREATE_RECORD,
  keyspaceStatement,
  MIGRATIONS,
  recordStatement,
  ttlStatements,
} from "../migrations.ts";
import { CREATE_LOCK } from "../setup_lock.ts";

/** What an administrator is to make. */
export interface SchemaWish {
  keyspace: string;
  datacenter: string;
  replication: number;
  /** Milliseconds; 0 for ever. */
  tradesTtl: number;
  windowsTtl: number;
  /** The login that is to use the tables; empty where none is asked for. */
  user: string;
}

/**
 * The CQL by which an administrator makes what `setup` would, and lets a login use it. It may be run again; setup then finds all
 * there, and needs no right to make anything.
 */
export function schemaScript(wish: SchemaWish): string {
  const { datacenter, keyspace, replication, user } = wish;
  const grantee = `"${user.replaceAll('"', '""')}"`;
  return [
    keyspaceStatement(keyspace, datacenter, replication),
    `USE ${keyspace}`,
    CREATE_LOCK,
    CREATE_RECORD,
    ...MIGRATIONS.flatMap((migration) => [...statements(migration.cql), recordStatement(migration)]),
    ...ttlStatements(wish),
    ...(user === ""
      ? []
      : ["SELECT", "MODIFY"].map((right) => `GRANT ${right} ON KEYSPACE ${keyspace} TO ${grantee}`)),
  ].map((statement) => `${statement};\n`).join("");
}
