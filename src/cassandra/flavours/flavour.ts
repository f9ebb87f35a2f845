import type { Session } from "../session.ts";

/** Stores that speak Cassandra's protocol. */
export const FLAVOURS = ["cassandra", "scylla", "astra", "keyspaces"] as const;
export type Flavour = typeof FLAVOURS[number];

/** Where a store differs in what setup makes. */
export interface FlavourTraits {
  /** For people. */
  name: string;
  /** Whether CQL makes keyspaces; else its console or API does. */
  makesKeyspaces: boolean;
  /** Whether CQL makes logins and says how many copies a keyspace has; else its owner does. */
  runByUs: boolean;
  /** Whether a column may be added IF NOT EXISTS. */
  addsIfNotExists: boolean;
}

const TRAITS: Record<Flavour, FlavourTraits> = {
  cassandra: { name: "Apache Cassandra", makesKeyspaces: true, runByUs: true, addsIfNotExists: true },
  scylla: { name: "ScyllaDB", makesKeyspaces: true, runByUs: true, addsIfNotExists: false },
  astra: { name: "DataStax Astra", makesKeyspaces: false, runByUs: false, addsIfNotExists: false },
  keyspaces: { name: "Amazon Keyspaces", makesKeyspaces: true, runByUs: false, addsIfNotExists: false },
};

export const traitsOf = (flavour: Flavour): FlavourTraits => TRAITS[flavour];

/**
 * Keyspaces that only one store has. Sources: https://docs.aws.amazon.com/keyspaces/latest/devguide/working-with-keyspaces.html,
 * ScyllaDB's db/system_distributed_keyspace.hh, and what Astra lists of itself.
 */
const SIGNS: Readonly<Record<string, Flavour>> = {
  system_schema_mcs: "keyspaces",
  system_distributed_everywhere: "scylla",
  system_replicated_keys: "scylla",
  data_endpoint_auth: "astra",
  datastax_sla: "astra",
};

/** Which store this is, by the keyspaces that it has of its own; Cassandra where none tells. */
export async function findFlavour(session: Session): Promise<Flavour> {
  const { rows } = await session.execute("SELECT keyspace_name FROM system_schema.keyspaces", [], {
    prepare: false,
  });
  const names = rows.map((row) => String(row.get("keyspace_name")));
  return names.map((name) => SIGNS[name]).find((flavour) => flavour !== undefined) ?? "cassandra";
}
