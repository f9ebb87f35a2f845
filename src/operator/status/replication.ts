import { copiesOf } from "../components/server.ts";
import { SECURED } from "../names.ts";
import type { Pipeline } from "../pipeline.ts";

/** What setup does where there are to be more copies: every row is read once for each, which may take hours. */
export function copying(pipeline: Pipeline): string | undefined {
  const made = pipeline.status?.replication;
  if (made === undefined) return undefined;
  const wanted = copiesOf(pipeline);
  const more = SECURED.filter((server) => (made[server] ?? 0) < wanted[server]);
  if (more.length === 0) return undefined;
  const what = { cassandra: "rows", kafka: "messages" };
  const each = more.map((server) => `${made[server]} to ${wanted[server]} replicas of all ${what[server]}`);
  return `makes more copies, ${each.join(", ")}; its log says how far it is`;
}
