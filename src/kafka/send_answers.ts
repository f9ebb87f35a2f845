/**
 * What a failed request to write means. The outcome of a try can be unknown (a time-out, a lost connection), so when is a batch
 * known not to be in the log? A partition has one batch under way, and repeats it under the same producer id and sequence
 * numbers until it is answered. If an earlier try got in, the leader finds its numbers among the last five batches of
 * that id and answers success. So any other answer about numbers says that the batch is not in the leader's log:
 *
 * - the log ends below them (OUT_OF_ORDER_SEQUENCE_NUMBER: the leader lost a tail that it had acknowledged),
 * - it knows nothing of the id (UNKNOWN_PRODUCER_ID), or a later owner of it (INVALID_PRODUCER_EPOCH).
 *
 * It may be in all the same in two cases, and is then doubled, never lost: the brokers forgot the id between two tries
 * (`producer.id.expiration.ms`, a day), or a limit of size was lowered between them.
 */
export type SendAnswer =
  /** Repeat it as it is: nothing, or nobody knows what, became of it. */
  | "again"
  /** It is refused for what is in it: send its halves, and tell of a message that is refused alone. */
  | "split"
  /** It is not in, and never will be under its numbers: go on with a new producer id. */
  | "new id"
  /** It is in. */
  | "taken"
  /** Its partition may be gone: look, and assign its messages anew. */
  | "assign anew";

/** Error codes of the Produce API that are not to be repeated as they are. Source: Kafka's protocol guide, error codes. */
const ANSWERS: ReadonlyMap<string, SendAnswer> = new Map([
  ["MESSAGE_TOO_LARGE", "split"],
  ["RECORD_LIST_TOO_LARGE", "split"],
  ["INVALID_RECORD", "split"],
  ["INVALID_TIMESTAMP", "split"],
  ["OUT_OF_ORDER_SEQUENCE_NUMBER", "new id"],
  ["UNKNOWN_PRODUCER_ID", "new id"],
  ["INVALID_PRODUCER_EPOCH", "new id"],
  ["INVALID_PRODUCER_ID_MAPPING", "new id"],
  ["DUPLICATE_SEQUENCE_NUMBER", "taken"],
  ["UNKNOWN_TOPIC_OR_PARTITION", "assign anew"],
]);

const REMEDIES: ReadonlyMap<string, string> = new Map([
  ["TOPIC_AUTHORIZATION_FAILED", "let KAFKA_USER write to the topic"],
  ["CLUSTER_AUTHORIZATION_FAILED", "let KAFKA_USER write idempotently"],
  ["UNKNOWN_TOPIC_OR_PARTITION", "make the topic with finnhub-pipe setup"],
  ["NOT_ENOUGH_REPLICAS", "bring back the brokers that keep replicas of it"],
  ["NOT_ENOUGH_REPLICAS_AFTER_APPEND", "bring back the brokers that keep replicas of it"],
  ["INVALID_TIMESTAMP", "compare the clocks, and message.timestamp.after.max.ms of the topic"],
]);

/** No broker was asked: the partition has no leader, or is none of the topic's. */
export class NoLeader extends Error {
  override name = "NoLeader";
  constructor() {
    super("no broker leads the partition");
  }
}

/** What an error means. */
export function sendAnswer(error: unknown): SendAnswer {
  if (error instanceof NoLeader) return "assign anew";
  return ANSWERS.get(errorType(error) ?? "") ?? "again";
}

/** What helps against it, where a person can. */
export const sendRemedy = (error: unknown): string | undefined => REMEDIES.get(errorType(error) ?? "");

/** Whether it says that a request is too large, and not that something else is wrong with what is in it. */
export const isOfSize = (error: unknown): boolean => /_TOO_LARGE$/.test(errorType(error) ?? "");

/** The broker's name of an error, however deep kafkajs wraps it; undefined when no broker gave it. */
export function errorType(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { type } = at as { type?: unknown };
    if (typeof type === "string") return type;
  }
  return undefined;
}
