/**
 * What a failure is answered with. `again`: try again, and say so once a minute. `split`: make it smaller, and try again.
 * `letter`: put it aside, count it, go on. `anew`: the client's state is of no use any more; start it anew. `end`: only a
 * person can help; end with the message. `done`: no failure, what was asked for is so.
 */
export type Answer = "again" | "split" | "letter" | "anew" | "end" | "done";

export interface KafkaAnswer {
  /** As the protocol names it. */
  name: string;
  answer: Answer;
  /** What a person can do, where somebody can. */
  remedy?: string;
}

const RIGHTS = "give the login KAFKA_USER the right by an ACL";
const BROKERS = "see whether the brokers run, and which are away";
const TOPIC = "run finnhub-pipe setup, or check KAFKA_TOPIC_NAME";
const REPLICAS = "see which brokers are away; the topic's min.insync.replicas are not there";
const SHAPE = "check KAFKA_PARTITIONS, KAFKA_REPLICATION and KAFKA_RETENTION, and what the brokers allow";
const LOGIN = "check KAFKA_USER, KAFKA_PASSWORD and KAFKA_SASL_MECHANISM";
const VERSION = "use brokers from 2.0 on that still know this client's requests";
const DISK = "see the broker's log: a disk of it is full or broken";
const LARGER = "raise max.message.bytes of the topic, or message.max.bytes of the brokers";

/** Every error code that a broker may answer our requests with. Source: Kafka protocol guide, "Error Codes". */
const ROWS: readonly [code: number, name: string, answer: Answer, remedy?: string][] = [
  [-1, "UNKNOWN_SERVER_ERROR", "again", "see the broker's log"],
  [0, "NONE", "done"],
  // What is asked for is gone by retention, or was never there: reading goes on at the first offset, and counts what is lost.
  [1, "OFFSET_OUT_OF_RANGE", "anew"],
  [2, "CORRUPT_MESSAGE", "again", "see the broker's log: a message fails its checksum"],
  [3, "UNKNOWN_TOPIC_OR_PARTITION", "again", TOPIC],
  [4, "INVALID_FETCH_SIZE", "end", "check PROCESSOR_FETCH_BYTES"],
  [5, "LEADER_NOT_AVAILABLE", "again", BROKERS],
  [6, "NOT_LEADER_OR_FOLLOWER", "again", BROKERS],
  [7, "REQUEST_TIMED_OUT", "again", BROKERS],
  [8, "BROKER_NOT_AVAILABLE", "again", BROKERS],
  [9, "REPLICA_NOT_AVAILABLE", "again", BROKERS],
  [10, "MESSAGE_TOO_LARGE", "split", LARGER],
  [11, "STALE_CONTROLLER_EPOCH", "again", BROKERS],
  [12, "OFFSET_METADATA_TOO_LARGE", "end"],
  [13, "NETWORK_EXCEPTION", "again", BROKERS],
  [14, "COORDINATOR_LOAD_IN_PROGRESS", "again"],
  [15, "COORDINATOR_NOT_AVAILABLE", "again", BROKERS],
  [16, "NOT_COORDINATOR", "again"],
  [17, "INVALID_TOPIC_EXCEPTION", "end", "check KAFKA_TOPIC_NAME: the brokers do not take it"],
  [18, "RECORD_LIST_TOO_LARGE", "split", LARGER],
  [19, "NOT_ENOUGH_REPLICAS", "again", REPLICAS],
  [20, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", "again", REPLICAS],
  [21, "INVALID_REQUIRED_ACKS", "end", VERSION],
  [22, "ILLEGAL_GENERATION", "anew"],
  [23, "INCONSISTENT_GROUP_PROTOCOL", "end", "set KAFKA_GROUP_ID to a group that no other program uses"],
  [24, "INVALID_GROUP_ID", "end", "check KAFKA_GROUP_ID"],
  [25, "UNKNOWN_MEMBER_ID", "anew"],
  [
    26,
    "INVALID_SESSION_TIMEOUT",
    "end",
    "set PROCESSOR_SESSION_TIMEOUT between the brokers' group.min.session.timeout.ms and group.max.session.timeout.ms",
  ],
  [27, "REBALANCE_IN_PROGRESS", "anew"],
  [28, "INVALID_COMMIT_OFFSET_SIZE", "again", "raise the brokers' offset.metadata.max.bytes"],
  // Rights are given, and passwords changed, while roles run: what was taken is kept until then.
  [29, "TOPIC_AUTHORIZATION_FAILED", "again", RIGHTS],
  [30, "GROUP_AUTHORIZATION_FAILED", "again", RIGHTS],
  [31, "CLUSTER_AUTHORIZATION_FAILED", "again", `${RIGHTS}: IdempotentWrite on the cluster`],
  [32, "INVALID_TIMESTAMP", "letter", "raise message.timestamp.before.max.ms and .after.max.ms of the topic"],
  [33, "UNSUPPORTED_SASL_MECHANISM", "again", LOGIN],
  [34, "ILLEGAL_SASL_STATE", "again", LOGIN],
  [35, "UNSUPPORTED_VERSION", "end", VERSION],
  [36, "TOPIC_ALREADY_EXISTS", "done"],
  [37, "INVALID_PARTITIONS", "end", SHAPE],
  [38, "INVALID_REPLICATION_FACTOR", "end", SHAPE],
  [39, "INVALID_REPLICA_ASSIGNMENT", "end", SHAPE],
  [40, "INVALID_CONFIG", "end", SHAPE],
  [41, "NOT_CONTROLLER", "again", BROKERS],
  [42, "INVALID_REQUEST", "end", VERSION],
  [
    43,
    "UNSUPPORTED_FOR_MESSAGE_FORMAT",
    "end",
    "set the topic's message.format.version to 2.0 or later: headers need it",
  ],
  [44, "POLICY_VIOLATION", "end", SHAPE],
  // With one request of a partition under way the refused batch is not in: a new producer id may send it.
  [45, "OUT_OF_ORDER_SEQUENCE_NUMBER", "anew", "a broker may have lost acknowledged messages: see its log"],
  [46, "DUPLICATE_SEQUENCE_NUMBER", "done"],
  [47, "INVALID_PRODUCER_EPOCH", "anew"],
  [48, "INVALID_TXN_STATE", "anew"],
  [49, "INVALID_PRODUCER_ID_MAPPING", "anew"],
  [50, "INVALID_TRANSACTION_TIMEOUT", "anew"],
  [51, "CONCURRENT_TRANSACTIONS", "again"],
  [52, "TRANSACTION_COORDINATOR_FENCED", "anew"],
  [53, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "again", RIGHTS],
  [54, "SECURITY_DISABLED", "end", "the brokers have no ACLs"],
  [55, "OPERATION_NOT_ATTEMPTED", "again"],
  [56, "KAFKA_STORAGE_ERROR", "again", DISK],
  [57, "LOG_DIR_NOT_FOUND", "again", DISK],
  [58, "SASL_AUTHENTICATION_FAILED", "again", LOGIN],
  [59, "UNKNOWN_PRODUCER_ID", "anew"],
  [60, "REASSIGNMENT_IN_PROGRESS", "again"],
  [61, "DELEGATION_TOKEN_AUTH_DISABLED", "again", LOGIN],
  [62, "DELEGATION_TOKEN_NOT_FOUND", "again", LOGIN],
  [63, "DELEGATION_TOKEN_OWNER_MISMATCH", "again", LOGIN],
  [64, "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED", "again", LOGIN],
  [65, "DELEGATION_TOKEN_AUTHORIZATION_FAILED", "again", LOGIN],
  [66, "DELEGATION_TOKEN_EXPIRED", "again", LOGIN],
  [67, "INVALID_PRINCIPAL_TYPE", "again", LOGIN],
  [68, "NON_EMPTY_GROUP", "again", "stop the processors of KAFKA_GROUP_ID"],
  [69, "GROUP_ID_NOT_FOUND", "again"],
  [70, "FETCH_SESSION_ID_NOT_FOUND", "anew"],
  [71, "INVALID_FETCH_SESSION_EPOCH", "anew"],
  [72, "LISTENER_NOT_FOUND", "again", "give each broker the listener that KAFKA_SERVER names"],
  [73, "TOPIC_DELETION_DISABLED", "end"],
  [74, "FENCED_LEADER_EPOCH", "again"],
  [75, "UNKNOWN_LEADER_EPOCH", "again"],
  [76, "UNSUPPORTED_COMPRESSION_TYPE", "end", VERSION],
  [77, "STALE_BROKER_EPOCH", "again", BROKERS],
  [78, "OFFSET_NOT_AVAILABLE", "again"],
  [79, "MEMBER_ID_REQUIRED", "anew"],
  [80, "PREFERRED_LEADER_NOT_AVAILABLE", "again", BROKERS],
  [81, "GROUP_MAX_SIZE_REACHED", "again", "raise the brokers' group.max.size, or run fewer processors"],
  [82, "FENCED_INSTANCE_ID", "anew"],
  [83, "ELIGIBLE_LEADERS_NOT_AVAILABLE", "again", BROKERS],
  [84, "ELECTION_NOT_NEEDED", "done"],
  [85, "NO_REASSIGNMENT_IN_PROGRESS", "done"],
  [86, "GROUP_SUBSCRIBED_TO_TOPIC", "again"],
  [
    87,
    "INVALID_RECORD",
    "letter",
    "set cleanup.policy=delete for the topic; a compacted one takes no message without a key",
  ],
  [88, "UNSTABLE_OFFSET_COMMIT", "again"],
  [89, "THROTTLING_QUOTA_EXCEEDED", "again", "raise the quota of the login KAFKA_USER"],
  [90, "PRODUCER_FENCED", "anew"],
  [91, "RESOURCE_NOT_FOUND", "again"],
  [97, "PRINCIPAL_DESERIALIZATION_FAILURE", "again", LOGIN],
  [100, "UNKNOWN_TOPIC_ID", "again", TOPIC],
  [103, "INCONSISTENT_TOPIC_ID", "again", TOPIC],
  [106, "FETCH_SESSION_TOPIC_ID_ERROR", "anew"],
  [107, "INELIGIBLE_REPLICA", "again", BROKERS],
  [108, "NEW_LEADER_ELECTED", "again"],
  [109, "OFFSET_MOVED_TO_TIERED_STORAGE", "again", "see the broker's log: tiered storage does not answer"],
  [110, "FENCED_MEMBER_EPOCH", "anew"],
  [111, "UNRELEASED_INSTANCE_ID", "again"],
  [112, "UNSUPPORTED_ASSIGNOR", "end", "set KAFKA_GROUP_ID to a group that no other program uses"],
  [113, "STALE_MEMBER_EPOCH", "anew"],
];

/** By code. */
export const KAFKA_ANSWERS: ReadonlyMap<number, KafkaAnswer> = new Map(
  ROWS.map((
    [code, name, answer, remedy],
  ) => [code, { name, answer, ...(remedy !== undefined && { remedy }) }]),
);

/** For a broker that was not reached, or an answer that is not known. */
const NOT_REACHED: KafkaAnswer = {
  name: "NOT_REACHED",
  answer: "again",
  remedy: "check KAFKA_SERVER and KAFKA_PORT, and that the brokers run",
};

/** The protocol's error code that an error of kafkajs stands for, however deep in it; undefined for none. */
export function kafkaErrorCode(error: unknown): number | undefined {
  const seen = new Set<unknown>();
  const waiting = [error];
  while (waiting.length > 0) {
    const next = waiting.shift();
    if (typeof next !== "object" || next === null || seen.has(next)) continue;
    seen.add(next);
    const { cause, code: given, errors, message, name, originalError, type } = next as Record<
      string,
      unknown
    >;
    // kafkajs 2.2.4 knows the codes up to 88, and has others in its text alone.
    const code = type === "KAFKAJS_UNKNOWN_ERROR_CODE" ? Number(/\d+/.exec(String(message))?.[0]) : given;
    // Those of the network have texts as codes, and kafkajs's own numbers are below the protocol's.
    if (typeof code === "number" && KAFKA_ANSWERS.has(code)) return code;
    if (name === "KafkaJSOffsetOutOfRange") return 1;
    waiting.push(cause, originalError, ...(Array.isArray(errors) ? errors : []));
  }
  return undefined;
}

/** What to do about an error of kafkajs. */
export function kafkaAnswer(error: unknown): KafkaAnswer {
  const code = kafkaErrorCode(error);
  return code === undefined ? NOT_REACHED : KAFKA_ANSWERS.get(code)!;
}
