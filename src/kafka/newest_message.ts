import type { Admin, Kafka } from "kafkajs";

/** How far back is looked, milliseconds. */
const LOOK_BACK_MS = 30 * 86_400_000;

type Offsets = Pick<Admin, "connect" | "disconnect" | "fetchTopicOffsetsByTimestamp">;

/**
 * The timestamp of the newest message of a topic up to a time, milliseconds since the epoch: when a producer last wrote. Undefined
 * when the topic is empty, or that was more than 30 days ago. What was sent since does not count, however late it looks.
 *
 * kafkajs 2.2.4 cannot ask for the largest timestamp (KIP-734), so it asks 33 times whether anything is as new as a time.
 *
 * @throws what kafkajs throws
 */
export async function newestMessage(
  kafka: { admin(): Offsets } | Pick<Kafka, "admin">,
  topic: string,
  nowMs: number,
): Promise<number | undefined> {
  const admin: Offsets = kafka.admin();
  await admin.connect();
  try {
    const ends = new Map(
      (await admin.fetchTopicOffsetsByTimestamp(topic, nowMs + 1))
        .map(({ offset, partition }) => [partition, BigInt(offset)]),
    );
    /** Whether a message of the topic is as new as a time: a partition without one answers with its end. */
    const isAsNewAs = async (time: number) =>
      (await admin.fetchTopicOffsetsByTimestamp(topic, time)).some(({ offset, partition }) =>
        BigInt(offset) >= 0n && BigInt(offset) < (ends.get(partition) ?? 0n)
      );
    let old = nowMs - LOOK_BACK_MS;
    let tooNew = nowMs + 1;
    if (!await isAsNewAs(old)) return undefined;
    while (tooNew - old > 1) {
      const middle = Math.floor((old + tooNew) / 2);
      if (await isAsNewAs(middle)) old = middle;
      else tooNew = middle;
    }
    return old;
  } finally {
    await admin.disconnect().catch(() => {});
  }
}
