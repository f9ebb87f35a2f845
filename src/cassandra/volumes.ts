import { copiesOf } from "./copies.ts";
import { readAtAll, type ReadAtAllOptions } from "./read_repair.ts";

const SCOPE = "volumes";

/**
 * Reads every row from all its replicas when a node has another volume than before. A node with an empty volume was filled
 * from one replica. A row that had been on the lost volume and on a third replica is then on that one alone, and not every
 * quorum finds it.
 *
 * Source: Cassandra documentation, "Replacing a dead node": repair afterwards.
 *
 * @param volumes such as `0=a,1=b`: the volume of each node; empty where that is not known
 */
export async function fillReplaced(
  volumes: string,
  { datacenter, keyspaces }: { datacenter: string; keyspaces: readonly string[] },
  options: ReadAtAllOptions,
): Promise<void> {
  const { print, session } = options;
  const { rows } = await session.execute("SELECT version, name FROM schema_migrations WHERE scope = ?", [
    SCOPE,
  ]);
  const known = new Map(rows.map((row) => [Number(row.get("version")), row.get("name") as string]));
  const found = volumes.split(",").filter((each) => each !== "").map((each) => {
    const [node = "", volume = ""] = each.split("=");
    return { node: Number(node), volume };
  });
  const replaced = found.filter(({ node, volume }) => known.has(node) && known.get(node) !== volume);
  if (replaced.length > 0) {
    const nodes = replaced.map(({ node }) => node).join(", ");
    print(`node(s) ${nodes} have a new volume: every row is read from all replicas, so that none lacks it`);
    for (const keyspace of keyspaces) {
      if ((await copiesOf(session, keyspace, datacenter) ?? 1) > 1) await readAtAll(keyspace, options);
    }
    print(`node(s) ${nodes}: every row is there`);
  }
  for (const { node, volume } of found) {
    if (known.get(node) === volume) continue;
    await session.execute(
      "INSERT INTO schema_migrations (scope, version, name, applied_at) VALUES (?, ?, ?, ?)",
      [SCOPE, node, volume, new Date()],
    );
  }
}
