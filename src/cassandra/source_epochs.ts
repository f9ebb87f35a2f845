import cassandra from "cassandra-driver";
import type { SourceEpoch } from "../market/position.ts";
import type { Session } from "./session.ts";

/** The recorded lives of a topic's layout, earliest first. */
export async function readEpochs(session: Session, topic: string): Promise<SourceEpoch[]> {
  const { rows } = await session.execute("SELECT epoch, starts FROM source_epochs WHERE topic = ?", [topic]);
  return rows.map((row) => ({
    epoch: Number(row.get("epoch")),
    starts: (row.get("starts") as unknown[]).map(Number),
  }));
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
    { isIdempotent: false },
  );
  return result.wasApplied();
}
