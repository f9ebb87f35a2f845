import type { Admin } from "kafkajs";
import { delay } from "../../async/wait.ts";

/** Replicas that cannot be made as they are wanted. */
export class ReplicasError extends Error {
  override name = "ReplicasError";
}

export interface ReplicasOptions {
  admin: Admin;
  /** Told what is done, a sentence at a time. */
  print(line: string): void;
  signal: AbortSignal;
}

const LOOK_MS = 500;
const TELL_MS = 10_000;

/** How many replicas must have a message before it is acknowledged: with three, one may be away. */
export const minInSync = (replicas: number): number => replicas > 2 ? Math.floor(replicas / 2) + 1 : 1;

/**
 * Gives each partition of a topic more replicas, and waits until the new ones have all messages. Never takes any away.
 *
 * Source: Kafka documentation, "Increasing replication factor".
 *
 * @throws {ReplicasError} where there are too few brokers.
 */
export async function raiseReplicas(
  topic: string,
  replicas: number,
  { admin, print, signal }: ReplicasOptions,
): Promise<void> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const few = (topics[0]?.partitions ?? []).filter((partition) => partition.replicas.length < replicas);
  if (few.length > 0) {
    const { brokers } = await admin.describeCluster();
    if (brokers.length < replicas) {
      throw new ReplicasError(
        `topic ${topic} should have ${replicas} replicas, and there are ${brokers.length} broker(s): add brokers, or set ` +
          "KAFKA_REPLICATION to their number",
      );
    }
    const ids = brokers.map(({ nodeId }) => nodeId).sort((a, b) => a - b);
    const partitionAssignment = few.map(({ partitionId: partition, replicas: kept }) => ({
      partition,
      replicas: assigned(partition, kept, ids, replicas),
    }));
    await admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] });
    print(`topic ${topic}: ${few.length} partition(s) get ${replicas} replicas`);
  }
  // Another setup may have ended before its copies were made.
  const waited = await untilCopied(topic, { admin, print, signal });
  if (waited || few.length > 0) print(`topic ${topic}: ${replicas} replicas`);
}

/** Waits until no partition of a topic is being copied; whether it had to. */
async function untilCopied(topic: string, { admin, print, signal }: ReplicasOptions): Promise<boolean> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const partitions = (topics[0]?.partitions ?? []).map(({ partitionId }) => partitionId);
  let told = performance.now();
  for (let waited = false;; waited = true) {
    const { topics: [copied] } = await admin.listPartitionReassignments({ topics: [{ topic, partitions }] });
    if (copied === undefined || copied.partitions.length === 0) return waited;
    if (performance.now() - told > TELL_MS) {
      told = performance.now();
      print(`topic ${topic}: ${copied.partitions.length} partition(s) still copy their messages`);
    }
    await delay(LOOK_MS, signal);
  }
}

/**
 * The brokers of a partition: those that it has and the next ones, beginning with another for each partition, so that each broker
 * leads its share.
 */
export function assigned(
  partition: number,
  kept: readonly number[],
  brokers: readonly number[],
  replicas: number,
): number[] {
  const order = brokers.map((_, i) => brokers[(partition + i) % brokers.length]!);
  const more = order.filter((id) => !kept.includes(id)).slice(0, Math.max(0, replicas - kept.length));
  return order.filter((id) => kept.includes(id) || more.includes(id));
}
