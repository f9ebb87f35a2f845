import cassandra from "cassandra-driver";
import type { SourceEpoch } from "../market/position.ts";
import type { RecordedEpochs } from "../processing/epochs.ts";
import type { FoundTopic } from "../processing/ports.ts";
import type { Session } from "./session.ts";

const NOT_IDEMPOTENT = { isIdempotent: false };
/** Rows that are looked at for positions of an epoch. */
const SAMPLE = 5000;

/** The recorded lives of a topic's layout, earliest first. */
export async function readEpochs(session: Session, topic: string): Promise<SourceEpoch[]> {
  const { rows } = await session.execute("SELECT epoch, starts FROM source_epochs WHERE topic = ?", [topic]);
  return rows.map((row) => ({
    epoch: Number(row.get("epoch")),
    starts: (row.get("starts") as unknown[]).map(Number),
  }));
}

/** All that is recorded of where offsets count, for a topic among the others of its keyspace. */
export async function readRecorded(session: Session, topic: string): Promise<RecordedEpochs> {
  // A row for each time that a topic was made, renamed or changed.
  const { rows } = await session.execute("SELECT topic, epoch FROM source_epochs");
  const highest = rows.reduce((most, row) => Math.max(most, Number(row.get("epoch"))), 0);
  const epochs = await readEpochs(session, topic);
  const { epoch = 0, topicId } = await topicRow(session, topic);
  const current = Math.max(epoch, epochs.at(-1)?.epoch ?? 0);
  return {
    epochs,
    highest: Math.max(highest, epoch),
    processed: current > 0 && await holds(session, current),
    ...(topicId !== undefined && { topicId }),
  };
}

async function topicRow(session: Session, topic: string): Promise<{ topicId?: string; epoch?: number }> {
  const { rows } = await session.execute("SELECT topic_id, epoch FROM source_topics WHERE topic = ?", [
    topic,
  ]);
  const id = rows[0]?.get("topic_id") as string | null | undefined;
  return {
    ...(id !== null && id !== undefined && { topicId: id }),
    ...(rows[0] !== undefined && { epoch: Number(rows[0].get("epoch") ?? 0) }),
  };
}

/** Whether windows have positions of an epoch, by the newest row of some thousand partitions. */
async function holds(session: Session, epoch: number): Promise<boolean> {
  const { rows } = await session.execute(
    `SELECT source_epoch FROM candles PER PARTITION LIMIT 1 LIMIT ${SAMPLE}`,
    [],
    { fetchSize: SAMPLE },
  );
  return rows.some((row) => Number(row.get("source_epoch")) === epoch);
}

/** Records an epoch unless somebody else has recorded the same number; whether it was us. */
export async function recordEpoch(
  session: Session,
  topic: string,
  { epoch, starts }: SourceEpoch,
): Promise<boolean> {
  const result = await session.execute(
    "INSERT INTO source_epochs (topic, epoch, starts, raised_at) VALUES (?, ?, ?, ?) IF NOT EXISTS",
    [topic, epoch, starts.map((start) => cassandra.types.Long.fromNumber(start)), new Date()],
    NOT_IDEMPOTENT,
  );
  return result.wasApplied();
}

/** Notes which topic of its name an epoch is of. To be run under the setup lock, or by nobody else. */
export async function recordTopicId(
  session: Session,
  topic: string,
  topicId: string,
  epoch: number,
): Promise<void> {
  await session.execute(
    "INSERT INTO source_topics (topic, topic_id, epoch) VALUES (?, ?, ?)",
    [topic, topicId, epoch],
  );
}

/**
 * Records a new epoch if the topic is another one than before; whether it is. The first of several processors to notice does
 * it. The epoch's number is stored with the topic's id first: if that processor stops in between, the next one completes it.
 */
export async function followTopic(
  session: Session,
  topic: string,
  { id, partitions }: FoundTopic,
): Promise<boolean> {
  const { topicId } = await topicRow(session, topic);
  const another = topicId !== undefined && topicId !== id;
  if (another) {
    const { highest } = await readRecorded(session, topic);
    await session.execute(
      "UPDATE source_topics SET topic_id = ?, epoch = ? WHERE topic = ? IF topic_id = ?",
      [id, highest + 1, topic, topicId],
      NOT_IDEMPOTENT,
    );
  }
  await completeEpoch(session, topic, partitions);
  return another;
}

/** Records the epoch that is stored with the topic's id, if nobody has. */
export async function completeEpoch(session: Session, topic: string, partitions: number): Promise<void> {
  const { epoch = 0 } = await topicRow(session, topic);
  const epochs = await readEpochs(session, topic);
  if (epoch <= (epochs.at(-1)?.epoch ?? 0)) return;
  await recordEpoch(session, topic, { epoch, starts: new Array(partitions).fill(0) });
}
