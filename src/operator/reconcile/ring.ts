import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import { selectorOf } from "../names.ts";
import { type Pipeline, replicasOf } from "../pipeline.ts";
import type { Observed } from "./observed.ts";

/** The ConfigMap that `manifests/cassandra/start.sh` reads. Its change restarts no pod. */
export const RING = "cassandra-ring";

interface PodStatus {
  podIP?: string;
  containerStatuses?: { ready?: boolean }[];
}

const MEMBER = /^(cassandra-(\d+)) ([0-9a-fA-F.:]+)$/;

/**
 * The Cassandra nodes that have joined, a line each: name and last address. One that was seen stays while it is wanted, so that its
 * pod takes its place again when the volume is lost.
 */
export function ringMembers(observed: Observed, pipeline: Pipeline): string {
  const before = observed.get("ConfigMap", RING)?.data as { members?: string } | undefined;
  const lines = [...(before?.members ?? "").split("\n"), ...observed.list("Pod").flatMap(joined(pipeline))];
  const wanted = replicasOf(pipeline, "cassandra");
  const members = new Map<number, string>();
  for (const line of lines) {
    const [, , number = ""] = MEMBER.exec(line) ?? [];
    if (number !== "" && Number(number) < wanted) members.set(Number(number), line);
  }
  return [...members].toSorted(([a], [b]) => a - b).map(([, line]) => `${line}\n`).join("");
}

/**
 * What the nodes are told of their ring. `grown` names it once all have joined and every row has its copies, where there are
 * more nodes than copies: each then frees the rows that are others' now.
 */
export function ringData(observed: Observed, pipeline: Pipeline, copies: number): Record<string, string> {
  const members = ringMembers(observed, pipeline);
  const nodes = replicasOf(pipeline, "cassandra");
  const settled = members.split("\n").length - 1 === nodes &&
    pipeline.status?.replication?.cassandra === copies;
  return settled && nodes > copies ? { members, grown: `${nodes} nodes\n` } : { members };
}

const joined = (pipeline: Pipeline) => {
  const selector = Object.entries(selectorOf(pipeline, "cassandra"));
  return ({ metadata, status }: KubernetesObject): string[] => {
    if (selector.some(([label, value]) => metadata.labels?.[label] !== value)) return [];
    const { containerStatuses = [], podIP } = (status ?? {}) as PodStatus;
    // Ready comes after the startup probe, which waits until the node is a member.
    const ready = containerStatuses.length > 0 && containerStatuses.every(({ ready }) => ready);
    return ready && podIP !== undefined ? [`${metadata.name} ${podIP}`] : [];
  };
};
