import { type Answer, kafkaAnswer, kafkaErrorCode } from "../answers.ts";

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

/**
 * What the answers to all errors are for a sender. It does not end by itself, since what it holds would be lost: what only a
 * person can mend is repeated, and said.
 */
const SEND_ANSWERS: Record<Answer, SendAnswer> = {
  again: "again",
  split: "split",
  letter: "split",
  anew: "new id",
  end: "again",
  done: "again",
};

const UNKNOWN_TOPIC_OR_PARTITION = 3;
const DUPLICATE_SEQUENCE_NUMBER = 46;
/** Codes that say that a request is too large, and not that something else is wrong with what is in it. */
const OF_SIZE: readonly (number | undefined)[] = [10, 18];

/** No broker was asked: the partition has no leader, or is none of the topic's. */
export class NoLeader extends Error {
  override name = "NoLeader";
  constructor() {
    super("no broker leads the partition");
  }
}

/** The brokers gave no producer id: whatever they say then says nothing of a batch, which was not sent. */
export class NoProducerId extends Error {
  override name = "NoProducerId";
  constructor(cause: unknown) {
    super("the brokers give no producer id", { cause });
  }
}

/** What an error means. */
export function sendAnswer(error: unknown): SendAnswer {
  if (error instanceof NoProducerId) return "again";
  const code = kafkaErrorCode(error);
  if (error instanceof NoLeader || code === UNKNOWN_TOPIC_OR_PARTITION) return "assign anew";
  if (code === DUPLICATE_SEQUENCE_NUMBER) return "taken";
  return SEND_ANSWERS[kafkaAnswer(error).answer];
}

/** Whether smaller requests would have gone through. */
export const isOfSize = (error: unknown): boolean => OF_SIZE.includes(kafkaErrorCode(error));
