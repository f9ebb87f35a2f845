import type { Finding } from "../../doctor/finding.ts";
import { lineOf, supportFinding } from "../../doctor/support.ts";

/** What is known of a node. */
export interface NodeRelease {
  version: string;
  datacenter: string;
}

/** The release of the nodes, and whether it is at the end of its support. */
export function releaseFinding(nodes: readonly NodeRelease[], now: number): Finding {
  const subject = "cassandra release";
  const versions = [...new Set(nodes.map(({ version }) => version))].sort();
  const [version] = versions;
  if (version === undefined) return { subject, state: "ok", says: "not told" };
  if (versions.length > 1) {
    return {
      subject,
      state: "warning",
      says: `the nodes have ${versions.join(" and ")}`,
      remedy: "finish the upgrade: tables cannot be changed safely meanwhile, so do not run setup",
    };
  }
  if (/-(alpha|beta|rc)/.test(version)) {
    return {
      subject,
      state: "warning",
      says: `${version}, which is no finished release`,
      remedy: "use it for tests only",
    };
  }
  return supportFinding({
    subject,
    says: version,
    server: "Cassandra",
    line: lineOf(version),
    remedy: "upgrade Cassandra, one major version after the other",
    now,
  });
}

/** Settings of ours that these nodes cannot do. */
export function settingsFindings(
  nodes: readonly NodeRelease[],
  ours: { datacenter: string; replication: number },
): Finding[] {
  const local = nodes.filter(({ datacenter }) => datacenter === ours.datacenter).length;
  if (local === 0 || ours.replication <= local) return [];
  return [{
    subject: "cassandra settings",
    state: "warning",
    says: `CASSANDRA_REPLICATION is ${ours.replication}, and ${ours.datacenter} has ${local} node(s)`,
    remedy:
      "add nodes, or set CASSANDRA_REPLICATION to their number: reads and writes may find too few replicas",
  }];
}
