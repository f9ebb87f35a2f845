import { type Check, clockFinding, type Finding } from "../../doctor/finding.ts";
import { lastExpiration, ttlFault } from "../expiration.ts";
import { appliedVersions, MIGRATIONS } from "../migrations.ts";
import { type NodeRelease, releaseFinding, settingsFindings } from "./release.ts";
import type { Session } from "../session.ts";

export interface CassandraCheckOptions {
  session: Session;
  keyspace: string;
  /** CASSANDRA_DATACENTER and CASSANDRA_REPLICATION. */
  ours: { datacenter: string; replication: number };
  explain(error: unknown): Promise<string | undefined>;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** Whether Cassandra answers, lets us in, and has the tables of this version. */
export function cassandraCheck({ explain, keyspace, now, ours, session }: CassandraCheckOptions): Check {
  return {
    name: "cassandra",
    explain,
    remedy:
      "check CASSANDRA_HOST, CASSANDRA_PORT, CASSANDRA_DATACENTER, CASSANDRA_USER and CASSANDRA_PASSWORD",
    run: async () => {
      try {
        await session.connect();
        const hosts = session.getState().getConnectedHosts().length;
        const known = session.hosts.length;
        const nodes = session.hosts.values().map(({ cassandraVersion, datacenter }): NodeRelease => {
          return { version: cassandraVersion, datacenter };
        });
        const findings: Finding[] = [
          hosts === known ? { subject: "cassandra nodes", state: "ok", says: `${known}, all connected` } : {
            subject: "cassandra nodes",
            state: "warning",
            says: `${hosts} of ${known} connected`,
            remedy: "see whether the others run, and whether their addresses can be reached from here",
          },
          releaseFinding(nodes, now()),
          ...settingsFindings(nodes, ours),
          clockFinding(now() - await serverTime(session), "cassandra"),
          await tablesFinding(session, keyspace),
          ...await ttlFindings(session, keyspace, now()),
        ];
        return findings;
      } finally {
        await session.shutdown();
      }
    },
  };
}

async function serverTime(session: Session): Promise<number> {
  const { rows } = await session.execute("SELECT toUnixTimestamp(now()) AS time FROM system.local");
  return Number(rows[0]!.get("time"));
}

/** Tables whose rows would expire after the last date of this Cassandra; none where all is well. */
async function ttlFindings(session: Session, keyspace: string, nowMs: number): Promise<Finding[]> {
  const last = await lastExpiration(session);
  const { rows } = await session.execute(
    "SELECT table_name, default_time_to_live FROM system_schema.tables WHERE keyspace_name = ?",
    [keyspace],
  );
  return rows.flatMap((row): Finding[] => {
    const fault = ttlFault(Number(row.get("default_time_to_live") ?? 0), nowMs, last);
    if (!fault) return [];
    const remedy =
      `CASSANDRA_TRADES_TTL and CASSANDRA_WINDOWS_TTL: ${fault.remedy}, and run finnhub-pipe setup`;
    const says = `${row.get("table_name")}: ${fault.says}`;
    return [{ subject: "cassandra time to live", state: fault.now ? "failed" : "warning", says, remedy }];
  });
}

async function tablesFinding(session: Session, keyspace: string): Promise<Finding> {
  const subject = "cassandra tables";
  const { rows } = await session.execute(
    "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?",
    [keyspace],
  );
  const remedy = "run finnhub-pipe setup, or check CASSANDRA_KEYSPACE";
  if (!rows.some((row) => row.get("table_name") === "schema_migrations")) {
    return { subject, state: "failed", says: `keyspace ${keyspace} has no tables of ours`, remedy };
  }
  const applied = await appliedVersions(session, keyspace);
  const missing = MIGRATIONS.filter(({ version }) => !applied.has(version)).map(({ name }) => name);
  if (missing.length > 0) {
    return { subject, state: "failed", says: `keyspace ${keyspace} lacks ${missing.join(", ")}`, remedy };
  }
  const newer = Math.max(...applied) > Math.max(...MIGRATIONS.map(({ version }) => version));
  return newer
    ? {
      subject,
      state: "warning",
      says: `keyspace ${keyspace} was made by a later version`,
      remedy: "use that version",
    }
    : { subject, state: "ok", says: `keyspace ${keyspace} is at version ${Math.max(...applied)}` };
}
