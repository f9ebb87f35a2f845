import cassandra from "cassandra-driver";
import { delay } from "../async/wait.ts";
import { cassandraErrorText, isTransient, type Session } from "./session.ts";

export interface ReadAtAllOptions {
  session: Session;
  print(line: string): void;
  /** Longest time without an answer from all copies, milliseconds. */
  patience: number;
  signal: AbortSignal;
}

/** Parts of the ring that are read one by one. */
const PARTS = 64n;
const RING = 1n << 64n;
const START = -(1n << 63n);
/** Parts that are read at a time. */
const LANES = 4;
const PAGE_ROWS = 500;
const RETRY_MS = 1000;
const TELL_MS = 10_000;

/**
 * Reads every row of a keyspace from all its copies: what one of them lacks is written to it before the answer comes. So every
 * copy has every row, without a tool beside the nodes.
 *
 * Source: Cassandra documentation, "Read repair": blocking, for every replica that a read at consistency ALL asks.
 *
 * @throws {Error} when not all copies answer for as long as `patience`.
 */
export async function readAtAll(keyspace: string, options: ReadAtAllOptions): Promise<void> {
  const { print, session } = options;
  const tables = await tablesOf(session, keyspace);
  const total = tables.length * Number(PARTS);
  let done = 0;
  let told = performance.now();
  for (const { columns, table } of tables) {
    const token = `token(${columns.map(quoted).join(", ")})`;
    const query = `SELECT * FROM ${keyspace}.${quoted(table)} WHERE ${token} > ? AND ${token} <= ?`;
    let next = 0n;
    const lane = async () => {
      for (let part = next++; part < PARTS; part = next++) {
        await readPart(query, bounds(part), options);
        done++;
        if (performance.now() - told < TELL_MS) continue;
        told = performance.now();
        print(
          `keyspace ${keyspace}: ${Math.floor(100 * done / total)} % of the rows are read, now in ${table}`,
        );
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }
}

interface Table {
  table: string;
  /** Of the partition key, in their order. */
  columns: string[];
}

async function tablesOf(session: Session, keyspace: string): Promise<Table[]> {
  const { rows } = await session.execute(
    "SELECT table_name, column_name, kind, position FROM system_schema.columns WHERE keyspace_name = ?",
    [keyspace],
  );
  const tables = new Map<string, string[]>();
  for (const row of rows) {
    if (row.get("kind") !== "partition_key") continue;
    const name = row.get("table_name") as string;
    const columns = tables.get(name) ?? [];
    columns[row.get("position") as number] = row.get("column_name") as string;
    tables.set(name, columns);
  }
  return [...tables].map(([table, columns]) => ({ table, columns }));
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Tokens of a part: after the first, up to the second. No row has the smallest token. */
function bounds(part: bigint): [string, string] {
  const at = (index: bigint) => START + RING / PARTS * index;
  return [String(at(part)), String(part === PARTS - 1n ? -START - 1n : at(part + 1n))];
}

async function readPart(
  query: string,
  tokens: [string, string],
  { patience, print, session, signal }: ReadAtAllOptions,
): Promise<void> {
  const params = tokens.map((token) => cassandra.types.Long.fromString(token));
  let pageState: string | undefined;
  let answered = performance.now();
  let told = false;
  for (;;) {
    signal.throwIfAborted();
    try {
      const page = await session.execute(query, params, {
        consistency: cassandra.types.consistencies.all,
        fetchSize: PAGE_ROWS,
        ...(pageState !== undefined && { pageState }),
      });
      if (!page.pageState) return;
      pageState = page.pageState;
      answered = performance.now();
    } catch (error) {
      if (!isTransient(error) || performance.now() - answered > patience) throw error;
      if (!told) print(`waiting until all replicas answer (${cassandraErrorText(error)})`);
      told = true;
      await delay(RETRY_MS, signal);
    }
  }
}
