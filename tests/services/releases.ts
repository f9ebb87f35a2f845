/** A release of a server that can be started. */
export interface Release {
  /** The folder in pom/ that names its jars. */
  readonly pom: string;
  readonly version: string;
}

/** The releases of Kafka by their lines; the first is what all tests use that do not ask for another. */
export const KAFKA_RELEASES = {
  "3.9": { pom: "kafka", version: "3.9.2" },
  "4.4": { pom: "kafka-4.4", version: "4.4.0" },
} as const satisfies Record<string, Release>;

/** The releases of Cassandra by their lines; 5.0 is what all tests use that do not ask for another. */
export const CASSANDRA_RELEASES = {
  "5.0": { pom: "cassandra", version: "5.0.9" },
  "4.1": { pom: "cassandra-4.1", version: "4.1.10" },
  "6.0": { pom: "cassandra-6.0", version: "6.0-alpha2" },
} as const satisfies Record<string, Release>;

export type KafkaLine = keyof typeof KAFKA_RELEASES;
export type CassandraLine = keyof typeof CASSANDRA_RELEASES;
