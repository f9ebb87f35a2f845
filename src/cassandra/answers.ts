/**
 * What a failure is answered with. `again`: try again, and say so once a minute. `split`: make the write smaller, and try
 * again. `anew`: the driver makes what the error says is missing, and tries again. `end`: only a person can help; a role that
 * has taken trades says so and holds them, others end. `done`: no failure.
 */
export type CassandraAnswer = "again" | "split" | "anew" | "end" | "done";

interface Row {
  name: string;
  answer: CassandraAnswer;
  /** What a person can do, where somebody can. */
  remedy?: string;
}

const NODES = "see whether the nodes run, and which are away";
const BUSY = "see the nodes' load: they do not answer in time";
const TABLES = "run finnhub-pipe setup, and the same version of every role";

/** Every error that a node may answer with. Source: native protocol v4 and v5, section 9. */
export const CASSANDRA_ANSWERS: ReadonlyMap<number, Row> = new Map<number, Row>([
  [0x0000, { name: "SERVER_ERROR", answer: "again", remedy: "see the node's log" }],
  [0x000a, { name: "PROTOCOL_ERROR", answer: "end", remedy: "use Cassandra 4.0 or later" }],
  [0x0100, {
    name: "BAD_CREDENTIALS",
    answer: "end",
    remedy: "check CASSANDRA_USER and CASSANDRA_PASSWORD",
  }],
  [0x1000, { name: "UNAVAILABLE", answer: "again", remedy: NODES }],
  [0x1001, { name: "OVERLOADED", answer: "again", remedy: BUSY }],
  [0x1002, { name: "IS_BOOTSTRAPPING", answer: "again", remedy: NODES }],
  [0x1003, { name: "TRUNCATE_ERROR", answer: "again", remedy: NODES }],
  // It may have been applied: every write of ours may be repeated.
  [0x1100, { name: "WRITE_TIMEOUT", answer: "again", remedy: BUSY }],
  [0x1200, { name: "READ_TIMEOUT", answer: "again", remedy: BUSY }],
  [0x1300, { name: "READ_FAILURE", answer: "again", remedy: "see the nodes' logs" }],
  [0x1400, { name: "FUNCTION_FAILURE", answer: "end", remedy: "see the nodes' logs" }],
  [0x1500, { name: "WRITE_FAILURE", answer: "again", remedy: "see the nodes' logs: a disk may be full" }],
  [0x1600, {
    name: "CDC_WRITE_FAILURE",
    answer: "again",
    remedy: "see the nodes' logs: CDC's space is full",
  }],
  [0x1700, { name: "CAS_WRITE_UNKNOWN", answer: "again", remedy: BUSY }],
  [0x2000, { name: "SYNTAX_ERROR", answer: "end", remedy: "use Cassandra 4.0 or later" }],
  [0x2100, {
    name: "UNAUTHORIZED",
    answer: "end",
    remedy: "grant CASSANDRA_USER SELECT and MODIFY on CASSANDRA_KEYSPACE",
  }],
  [0x2200, { name: "INVALID", answer: "end", remedy: TABLES }],
  [0x2300, { name: "CONFIG_ERROR", answer: "end", remedy: TABLES }],
  [0x2400, { name: "ALREADY_EXISTS", answer: "done" }],
  [0x2500, { name: "UNPREPARED", answer: "anew" }],
]);

const TOO_LARGE = /too (large|big)|oversized mutation|larger than max/i;
/** Of INVALID: a store that bounds the statements of a batch, or takes none as a prepared statement, says so in words of its own. */
const BATCH_REFUSED = /batch/i;
const TOO_LONG = /maximum supported expiration date/i;

const NOT_REACHED: Row = {
  name: "NOT_REACHED",
  answer: "again",
  remedy: "check CASSANDRA_HOST and CASSANDRA_PORT, and that the nodes run",
};

/** What to do about an error of the driver. */
export function cassandraAnswer(error: unknown): Row {
  const [found] = responses(error);
  if (found === undefined) return NOT_REACHED;
  const { code, message } = found;
  if (TOO_LARGE.test(message) || (code === 0x2200 && BATCH_REFUSED.test(message))) {
    return {
      name: "TOO_LARGE",
      answer: "split",
      remedy: "raise max_mutation_size or native_transport_max_frame_size",
    };
  }
  if (TOO_LONG.test(message)) {
    return {
      name: "TTL_TOO_LONG",
      answer: "end",
      remedy:
        "set CASSANDRA_TRADES_TTL and CASSANDRA_WINDOWS_TTL to end before that date and run finnhub-pipe " +
        "setup, or set storage_compatibility_mode: NONE in cassandra.yaml",
    };
  }
  return CASSANDRA_ANSWERS.get(code) ?? NOT_REACHED;
}

/** Answers of nodes that an error of the driver has; it hides those of several hosts in one. */
function responses(error: unknown): { code: number; message: string }[] {
  if (typeof error !== "object" || error === null) return [];
  const { code, innerErrors, message, name } = error as Record<string, unknown>;
  if (typeof innerErrors === "object" && innerErrors !== null) {
    return Object.values(innerErrors).flatMap(responses);
  }
  if (name === "AuthenticationError") return [{ code: 0x0100, message: String(message) }];
  return typeof code === "number" ? [{ code, message: String(message) }] : [];
}
