import { readAtAll } from "./read_repair.ts";
import type { Session } from "./session.ts";

/** Something about copies that a person has to decide. */
export class CopiesError extends Error {
  override name = "CopiesError";
}

export interface CopiesWish {
  keyspace: string;
  datacenter: string;
  copies: number;
}

export interface CopiesOptions {
  /** Of the pipeline's own keyspace, whose `schema_migrations` remembers steps that were begun. */
  session: Session;
  /** Told what is done, a sentence at a time. */
  print(line: string): void;
  /** Longest time without an answer from all copies, milliseconds. */
  patience: number;
  signal: AbortSignal;
}

const NETWORK = "org.apache.cassandra.locator.NetworkTopologyStrategy";
const SIMPLE = "org.apache.cassandra.locator.SimpleStrategy";

/**
 * Gives every row of a keyspace more copies, one at a time: a new copy is filled before the next one counts. So a quorum always
 * has a node that holds the row, and each row stays readable. Never takes copies away.
 *
 * Source: Cassandra documentation, "Changing the replication factor": alter, then repair.
 *
 * @throws {CopiesError} where the data centre has too few nodes, or not all copies answer.
 */
export async function raiseCopies(wish: CopiesWish, options: CopiesOptions): Promise<void> {
  const { copies, datacenter, keyspace } = wish;
  const { print, session } = options;
  const now = await copiesOf(session, keyspace, datacenter);
  if (now === undefined) {
    print(`keyspace ${keyspace}: its replication is somebody else's, and left as it is`);
    return;
  }
  if (now > copies && copies > 1) {
    print(
      `keyspace ${keyspace}: ${now} replicas where ${copies} are wanted; fewer are made by ALTER KEYSPACE ${keyspace}`,
    );
  }
  const steps = new Steps(session, keyspace);
  // Another setup ended between a step and its completion.
  if (await steps.isOpen(now)) await fill(now);
  for (let next = now + 1; next <= copies; next++) {
    const nodes = nodesIn(session, datacenter);
    if (nodes < next) {
      throw new CopiesError(
        `keyspace ${keyspace} should have ${copies} replicas, and data centre ${datacenter} has ${nodes} node(s): add nodes, ` +
          "or set CASSANDRA_REPLICATION to their number",
      );
    }
    await steps.begin(next);
    // Names were checked against a pattern without quotes when the settings were read.
    await session.execute(
      `ALTER KEYSPACE ${keyspace} WITH replication = {'class': 'NetworkTopologyStrategy', '${datacenter}': ${next}}`,
      [],
      { prepare: false },
    );
    await fill(next);
  }

  async function fill(replicas: number): Promise<void> {
    print(`keyspace ${keyspace}: replica ${replicas} of every row is being filled`);
    await readAtAll(keyspace, options);
    await steps.complete(replicas);
    print(`keyspace ${keyspace}: ${replicas} replicas`);
  }
}

/** Copies of each row; undefined where the keyspace is laid out in a way that we do not make. */
export async function copiesOf(
  session: Session,
  keyspace: string,
  datacenter: string,
): Promise<number | undefined> {
  const { rows } = await session.execute(
    "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?",
    [keyspace],
  );
  const { class: strategy, ...rest } = (rows[0]?.get("replication") ?? {}) as Record<string, string>;
  const names = Object.keys(rest);
  const name = strategy === SIMPLE ? "replication_factor" : datacenter;
  if ((strategy !== SIMPLE && strategy !== NETWORK) || names.length !== 1 || names[0] !== name) {
    return undefined;
  }
  const copies = Number(rest[name]);
  return Number.isInteger(copies) && copies > 0 ? copies : undefined;
}

function nodesIn(session: Session, datacenter: string): number {
  return session.hosts.values().filter((host) => host.datacenter === datacenter).length;
}

/** Which steps were begun, and which are complete. */
class Steps {
  readonly #scope: string;

  constructor(readonly session: Session, keyspace: string) {
    this.#scope = `copies of ${keyspace}`;
  }

  async isOpen(copies: number): Promise<boolean> {
    const { rows } = await this.session.execute(
      "SELECT name FROM schema_migrations WHERE scope = ? AND version = ?",
      [this.#scope, copies],
    );
    return rows[0]?.get("name") === "begun";
  }

  begin = (copies: number): Promise<void> => this.#write(copies, "begun");
  complete = (copies: number): Promise<void> => this.#write(copies, "complete");

  async #write(copies: number, name: string): Promise<void> {
    await this.session.execute(
      "INSERT INTO schema_migrations (scope, version, name, applied_at) VALUES (?, ?, ?, ?)",
      [this.#scope, copies, name, new Date()],
    );
  }
}
